// What the bench file has in store for a camera: the next steps, and what they wait for.

import { get, pathOf } from "./api.js";
import { make } from "./dom.js";

const SHOWN = 8;

export class Timeline {
  constructor(camera) {
    this.camera = camera;
    this.list = make("ol", { class: "list" });
    this.element = make("section", { class: "card box", hidden: true }, make("h2", {}, "What comes next"), this.list);
    this.load();
  }

  async load() {
    try {
      const { planned = [], waiting = [] } = await get(`${pathOf(this.camera.name)}/timeline`);
      this.steps = [...planned.slice(0, SHOWN), ...waiting];
    } catch {
      this.steps = [];
    }
    this.show();
  }

  hear(kind) {
    if (["timeline", "loaded", "stream", "started"].includes(kind)) this.load();
    if (kind === "sample" && this.steps?.length) this.show();
  }

  show() {
    this.element.hidden = !this.steps.length;
    if (!this.camera.status) return;
    const now = this.camera.now();
    this.list.replaceChildren(
      ...this.steps.map((step) => make("li", {}, make("span", { class: "faint num" }, when(step, now)), make("span", {}, step.text))),
    );
  }
}

function when(step, now) {
  if (step.after !== undefined) return step.after ? `after a frame of ${step.after}` : "after the start";
  return `in ${Math.max(0, (step.planned_ns - now) / 1e9).toFixed(0)} s`;
}
