// Faults as switches: what is set elsewhere in other ways is shown and kept as text.

import { pathOf, put } from "./api.js";
import { attempt, make, toggle } from "./dom.js";

// name, place, label, value when switched on, step
const SWITCHES = [
  ["drop", "stream", "lose packets of the stream", 0.01, 0.01],
  ["drop", "control", "lose commands and answers", 0.1, 0.01],
  ["reorder", "stream", "packets out of order", 0.01, 0.01],
  ["duplicate", "stream", "packets twice", 0.01, 0.01],
  ["corrupt", "stream", "damaged packets", 0.001, 0.001],
  ["delay_ms", "stream", "late packets, ms", 20, 1],
  ["busy", "", "busy, refuses accesses", 0.2, 0.05],
  ["late_ack_ms", "", "late acknowledges, ms", 500, 50],
];

export class Faults {
  constructor(camera) {
    this.camera = camera;
    this.rows = SWITCHES.map((one) => this.row(...one));
    this.text = make("input", { type: "text", "aria-label": "faults as text", placeholder: "none", onchange: () => this.set(this.text.value.split(/\s+/).filter(Boolean)) });
    this.element = make(
      "section", { class: "card box" }, make("h2", {}, "Faults"),
      make("div", { class: "faults" }, ...this.rows.map((row) => row.element)),
      make("p", { class: "controls" }, make("span", { class: "faint" }, "as text"), this.text,
        make("button", { type: "button", onclick: () => this.set([]) }, "Heal")),
    );
    this.show();
  }

  row(name, on, label, usual, step) {
    const number = make("input", { type: "number", min: "0", step: String(step), value: String(usual), "aria-label": `${label}: how much`, onchange: () => switched.checked && this.switch(row, true) });
    const [element, switched] = toggle(label, `${name}${on ? `, on=${on}` : ""}`, (checked) => this.switch(row, checked));
    const row = { key: `${on}.${name}`, number, switched, element: make("div", { class: "fault" }, element, number) };
    return row;
  }

  switch(row, on) {
    const values = readTexts(this.camera.faults);
    if (on) values.set(row.key, row.number.value);
    else values.delete(row.key);
    if (row.key.endsWith(".drop") && !on) values.delete(row.key.replace("drop", "burst"));
    this.set(writeTexts(values));
  }

  async set(texts) {
    const faults = await attempt(() => put(`${pathOf(this.camera.name)}/faults`, texts));
    if (faults) this.camera.faults = faults;
    this.show();
    this.camera.tell("faults");
  }

  show() {
    const values = readTexts(this.camera.faults);
    for (const row of this.rows) {
      const value = values.get(row.key);
      row.switched.checked = value !== undefined;
      if (value !== undefined && document.activeElement !== row.number) row.number.value = value;
    }
    if (document.activeElement !== this.text) this.text.value = this.camera.faults.join(" ");
  }
}

const OF_DEVICE = new Set(["busy", "late_ack_ms", "temperature_c"]);

function readTexts(texts) {
  const values = new Map();
  for (const text of texts) {
    const pairs = text.split(",").map((part) => part.split("="));
    const on = pairs.find(([name]) => name === "on")?.[1];
    for (const [name, value] of pairs) {
      if (name === "on") continue;
      const places = OF_DEVICE.has(name) ? [""] : on ? [on] : ["stream", "control"];
      for (const place of places) values.set(`${place}.${name}`, value);
    }
  }
  return values;
}

function writeTexts(values) {
  const texts = new Map();
  for (const [key, value] of values) {
    const [place, name] = key.split(".");
    if (!texts.has(place)) texts.set(place, []);
    texts.get(place).push(`${name}=${value}`);
  }
  return [...texts].map(([place, parts]) => parts.join(",") + (place ? `,on=${place}` : ""));
}
