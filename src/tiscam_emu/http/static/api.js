// The bench over HTTP, as any other program uses it.

export class Problem extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

export const pathOf = (name) => `cameras/${encodeURIComponent(name)}`;

export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, { method, body, cache: "no-store" });
  } catch {
    throw new Problem("the bench does not answer", 0);
  }
  if (!response.ok) throw new Problem(await detailOf(response), response.status);
  return response.status === 204 || response.status === 304 ? undefined : response.json();
}

async function detailOf(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `status ${response.status}`;
  }
}

export const get = (path) => ask("GET", path);
export const put = (path, value) => ask("PUT", path, JSON.stringify(value));
export const post = (path, value) => ask("POST", path, value === undefined ? undefined : JSON.stringify(value));
