// What has happened, in words.

const seconds = (number) => String(Number(Number(number).toPrecision(6)));

export function sentence(told) {
  switch (told.kind) {
    case "camera": return told.running ? "is switched on" : "is switched off";
    case "controller": return told.controller ? `${told.controller} has control` : "nobody has control";
    case "stream": return told.opened ? `stream opened to ${told.to}` : "stream closed";
    case "acquisition": return told.acquiring ? "acquisition started" : "acquisition stopped";
    case "skip": return `${many(told.skipped_frames, "frame")} skipped`;
    case "resend": return `${many(told.resent_packets, "packet")} sent again`;
    case "mistake": return `${told.peer}: ${told.mistake}: ${told.first}${told.count > 1 ? ` (${told.count} times)` : ""}`;
    case "edges": return edges(told.edges);
    case "feature": return `${told.name} is ${word(told.value)}, was ${word(told.before)}, by ${told.by}`;
    case "plug": return told.plugged ? "plugged in" : "unplugged";
    case "faults": return told.faults.length ? `faults: ${told.faults.join(" ")}` : "healthy again";
    case "scene": return `looks at ${told.scene}`;
    case "timeline": return `timeline: ${told.text}${told.error ? `: ${told.error}` : ""}`;
    case "started": return "has started";
    case "ended": return told.again ? "has ended, and is started again" : "has ended";
    case "led": return `LED ${told.color || "off"}`;
    default: return told.kind;
  }
}

const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

function word(value) {
  if (typeof value === "number") return seconds(value);
  return value === null ? "nothing" : String(value);
}

function edges(list) {
  const last = list.at(-1);
  const level = last.high ? "high" : "low";
  return list.length === 1 ? `${last.line} ${level}` : `${list.length} edges, last ${last.line} ${level}`;
}

export const clock = (date) => date.toLocaleTimeString(undefined, { hour12: false });
