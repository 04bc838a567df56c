// The features of a camera: live values, limits and locks, edited in place.

import { ask, get, pathOf, put } from "./api.js";
import { make, setText } from "./dom.js";

const AGAIN_MS = 700;

export class Features {
  constructor(camera) {
    this.camera = camera;
    this.rows = new Map();
    this.filter = make("input", { type: "search", placeholder: "find a feature", "aria-label": "find a feature", oninput: () => this.sift() });
    this.tree = make("div", { class: "features" });
    this.element = make("section", { class: "card box" }, make("div", { class: "row" }, make("h2", {}, "Features"), this.filter), this.tree);
    this.heard = (event) => this.hear(event.detail);
    camera.addEventListener("happening", this.heard);
    this.load();
  }

  async load() {
    clearTimeout(this.again);
    this.again = undefined;
    let listed;
    try {
      listed = await get(`${pathOf(this.camera.name)}/features`);
    } catch (problem) {
      if (!this.rows.size) this.tree.replaceChildren(make("p", { class: "empty" }, problem.message));
      return;
    }
    const same = listed.length === this.rows.size && listed.every((info) => this.rows.has(info.name));
    if (same) for (const info of listed) this.rows.get(info.name).show(info);
    else this.build(listed);
  }

  build(listed) {
    this.rows.clear();
    const groups = new Map();
    for (const info of listed) {
      const row = new Row(this.camera, info, () => this.loadSoon());
      this.rows.set(info.name, row);
      const category = info.category || "Features";
      if (!groups.has(category)) groups.set(category, []);
      groups.get(category).push(row.element);
    }
    const open = new Set(["AcquisitionControl", "ImageFormatControl"]);
    this.tree.replaceChildren(
      ...[...groups].map(([category, rows]) => make("details", { open: open.has(category) || groups.size === 1 }, make("summary", {}, category), ...rows)),
    );
    this.sift();
  }

  // What others have written may have moved limits and locks, too; what the camera does itself moves values alone.
  hear(told) {
    if (told.kind === "feature") {
      this.rows.get(told.name)?.changed(told.value);
      if (told.by !== "camera") this.loadSoon();
    }
    if (told.kind === "loaded" && this.rows.size) this.loadSoon();
  }

  loadSoon() {
    this.again ??= setTimeout(() => this.load(), AGAIN_MS);
  }

  sift() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const group of this.tree.querySelectorAll("details")) {
      let found = 0;
      for (const row of group.querySelectorAll(".feature")) {
        row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
        found += !row.hidden;
      }
      group.hidden = !found;
      if (wanted && found) group.open = true;
    }
  }

  end() {
    clearTimeout(this.again);
    this.camera.removeEventListener("happening", this.heard);
  }
}

class Row {
  constructor(camera, info, written) {
    this.path = `${pathOf(camera.name)}/features/${encodeURIComponent(info.name)}`;
    this.written = written;
    const id = `feature-${info.name}`;
    this.input = editor(info, id, (value) => this.write(value));
    this.hint = make("span", { class: "hint" });
    this.wrong = make("span", { class: "wrong", role: "alert", hidden: true });
    const label = make("label", { for: id, title: info.doc }, info.name);
    const unit = info.unit ? [make("span", { class: "unit faint" }, info.unit)] : [];
    this.element = make("div", { class: "feature", "data-name": info.name }, label, make("span", { class: "editor" }, this.input, ...unit), this.hint, this.wrong);
    this.show(info);
  }

  show(info) {
    this.info = info;
    this.changed(info.value);
    const command = info.kind === "Command";
    this.input.disabled = info.access === "RO" || info.kind === "Register" || (command && Boolean(info.locked));
    if (info.kind === "Integer" || info.kind === "Float") {
      setOrRemove(this.input, "min", info.low);
      setOrRemove(this.input, "max", info.high);
    }
    setText(this.hint, hintOf(info));
    this.hint.hidden = !this.hint.textContent;
  }

  changed(value) {
    if (this.info.kind === "Command" || value === null) return;
    const before = valueOf(this.input);
    const text = this.info.kind === "Float" ? String(Number(Number(value).toPrecision(9))) : String(value);
    if (before === text || document.activeElement === this.input) return;
    if (this.input.type === "checkbox") this.input.checked = value === true;
    else if (this.input instanceof HTMLOutputElement) setText(this.input, text);
    else this.input.value = text;
    this.element.classList.remove("changed");
    if (this.shown) requestAnimationFrame(() => this.element.classList.add("changed"));
    this.shown = true;
  }

  async write(value) {
    this.wrong.hidden = true;
    try {
      const info = this.info.kind === "Command" ? await ask("POST", this.path) : await put(this.path, value);
      this.input.blur();
      this.show(info);
    } catch (problem) {
      setText(this.wrong, problem.message);
      this.wrong.hidden = false;
      this.input.blur();
      this.changed(this.info.value);
    }
    this.written();
  }
}

function editor(info, id, write) {
  const title = info.doc;
  switch (info.kind) {
    case "Command":
      return make("button", { id, title, type: "button", onclick: () => write(true) }, "Execute");
    case "Boolean": {
      const box = make("input", { id, title, type: "checkbox", role: "switch", onchange: () => write(box.checked) });
      return box;
    }
    case "Enumeration": {
      const choice = make("select", { id, title, onchange: () => write(choice.value) }, ...info.entries.map((entry) => make("option", { value: entry }, entry)));
      return choice;
    }
    case "Integer":
    case "Float": {
      if (info.access === "RO" && !info.locked) return make("output", { id, title, class: "num" });
      const number = make("input", { id, title, class: "num", type: "number", step: info.kind === "Integer" ? String(info.step ?? 1) : "any", onchange: () => write(Number(number.value)) });
      return number;
    }
    case "String": {
      if (info.access === "RO" && !info.locked) return make("output", { id, title });
      const text = make("input", { id, title, type: "text", onchange: () => write(text.value) });
      return text;
    }
    default:
      return make("output", { id, title, class: "num" });
  }
}

function valueOf(input) {
  if (input.type === "checkbox") return String(input.checked);
  return input instanceof HTMLOutputElement ? input.textContent : input.value;
}

function setOrRemove(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

function hintOf(info) {
  if (info.locked) return `locked: ${info.locked}`;
  if (info.access === "RO" || info.low === null || info.high === null) return "";
  const step = info.step ? `, in steps of ${short(info.step)}` : "";
  return `${short(info.low)} to ${short(info.high)}${step}`;
}

const short = (number) => String(Number(number.toPrecision(7)));
