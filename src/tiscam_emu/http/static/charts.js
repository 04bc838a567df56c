// Curves of the last minutes, as small SVG pictures.

import { make, setText } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const SPAN = 180;

export class Chart {
  constructor(title, unit, digits, ...series) {
    this.title = title;
    this.unit = unit;
    this.digits = digits;
    this.series = series;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${SPAN} 50`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.lines = series.map((_, index) => {
      const line = document.createElementNS(SVG, "polyline");
      if (index) line.setAttribute("class", "second");
      this.svg.append(line);
      return line;
    });
    this.value = make("span", { class: "num" });
    this.element = make("div", { class: "chart" }, make("div", { class: "row" }, make("span", {}, title), this.value), this.svg);
  }

  show(samples) {
    const all = this.series.map((name) => samples[name]);
    const known = all.flat().filter((value) => Number.isFinite(value));
    const most = Math.max(...known, 1e-9);
    all.forEach((values, index) => {
      const points = values
        .map((value, at) => [SPAN - values.length + at + 1, value])
        .filter(([, value]) => Number.isFinite(value))
        .map(([x, value]) => `${x},${(47 - (40 * value) / most).toFixed(1)}`);
      this.lines[index].setAttribute("points", points.join(" "));
    });
    const text = all.map((values) => this.word(values.at(-1))).join(" / ");
    setText(this.value, `${text} ${this.unit}`);
    this.svg.setAttribute("aria-label", `${this.title}: ${text} ${this.unit}`);
  }

  word(value) {
    return Number.isFinite(value) ? value.toFixed(this.digits) : "–";
  }
}
