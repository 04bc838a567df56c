// Small helpers to make elements; text is always set as text, so nothing that comes from outside becomes markup.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function toggle(label, title, change) {
  const input = make("input", { type: "checkbox", role: "switch", title, onchange: () => change(input.checked) });
  return [make("label", { class: "switch" }, input, label), input];
}

let hiding;
export function complain(problem) {
  const alert = document.getElementById("alert");
  setText(alert, problem.message || String(problem));
  alert.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (alert.hidden = true), 8000);
}

// Do something that may be refused, and say so.
export async function attempt(action) {
  try {
    return await action();
  } catch (problem) {
    complain(problem);
    return undefined;
  }
}
