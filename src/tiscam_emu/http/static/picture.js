// The live picture: the last frame, fetched only if there is a new one, seen, and time for it.

import { make } from "./dom.js";
import { pathOf } from "./api.js";

const SHORTEST_MS = 100;
const REST = 4; // after a picture, so many times as long as it took without one

export class LivePicture {
  constructor(camera, width) {
    this.camera = camera;
    this.width = width;
    this.key = "";
    this.fresh = true;
    this.busy = false;
    this.visible = false;
    this.ended = false;
    this.nextAt = 0;
    this.onpicture = () => {};
    this.canvas = make("canvas", { role: "img", "aria-label": `picture of ${camera.name}`, width: 4, height: 3 });
    this.none = make("span", { class: "none" }, "no frame yet: a client has to stream");
    this.badges = make("span", { class: "badges" });
    this.element = make("div", { class: "picture" }, this.canvas, this.none, this.badges);
    this.heard = (event) => this.hear(event.detail.kind);
    camera.addEventListener("happening", this.heard);
    this.watcher = new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      this.look();
    });
    this.watcher.observe(this.element);
    this.seen = () => this.look();
    document.addEventListener("visibilitychange", this.seen);
    this.frame();
  }

  hear(kind) {
    if (kind === "frames" || kind === "loaded") {
      this.fresh = true;
      this.look();
    }
    if (kind !== "frames" && kind !== "sample") this.frame();
  }

  // What lies around the picture: its shape, and what is wrong with the camera.
  frame() {
    const { status, faults, running } = this.camera;
    const shape = status ? `${status.width} / ${status.height}` : "4 / 3";
    if (this.element.style.aspectRatio !== shape) this.element.style.aspectRatio = shape;
    const badges = [];
    if (!running) badges.push(make("span", { class: "badge" }, "off"));
    if (status && !status.plugged) badges.push(make("span", { class: "badge" }, "unplugged"));
    if (faults.length) badges.push(make("span", { class: "badge warn", title: faults.join(" ") }, "faults"));
    this.badges.replaceChildren(...badges);
  }

  look() {
    const idle = !this.fresh || !this.visible || document.hidden || !this.camera.status?.frames;
    if (this.busy || this.ended || idle) return;
    const wait = this.nextAt - performance.now();
    this.busy = true;
    setTimeout(() => this.fetch(), Math.max(0, wait));
  }

  async fetch() {
    const began = performance.now();
    this.fresh = false;
    try {
      const headers = this.key ? { "If-None-Match": `"${this.key}"` } : {};
      const path = `${pathOf(this.camera.name)}/frame.jpg?width=${this.width}`;
      const response = await fetch(path, { headers, cache: "no-store" });
      if (response.status === 200) await this.show(response);
    } catch {
      // the next frame is tried again
    }
    this.nextAt = began + Math.max(SHORTEST_MS, REST * (performance.now() - began));
    this.busy = false;
    this.look();
  }

  async show(response) {
    const image = await createImageBitmap(await response.blob());
    if (this.ended) return;
    this.key = response.headers.get("X-Frame-Key");
    this.canvas.width = image.width;
    this.canvas.height = image.height;
    this.canvas.getContext("2d").drawImage(image, 0, 0);
    Object.assign(this.canvas.dataset, { frameId: response.headers.get("X-Frame-Id") });
    this.none.hidden = true;
    this.onpicture(image, response.headers);
    image.close();
  }

  end() {
    this.ended = true;
    this.watcher.disconnect();
    this.camera.removeEventListener("happening", this.heard);
    document.removeEventListener("visibilitychange", this.seen);
  }
}

const BINS = 64;

export class Histogram {
  constructor() {
    this.canvas = make("canvas", { class: "histogram", width: BINS * 4, height: 88, role: "img", "aria-label": "histogram of the picture" });
    this.small = new OffscreenCanvas(160, 120);
  }

  show(image) {
    const context = this.small.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, this.small.width, this.small.height);
    const pixels = context.getImageData(0, 0, this.small.width, this.small.height).data;
    const bins = [0, 1, 2].map(() => new Uint32Array(BINS));
    for (let at = 0; at < pixels.length; at += 4) {
      for (let colour = 0; colour < 3; colour++) bins[colour][(pixels[at + colour] * BINS) >> 8]++;
    }
    this.draw(bins);
  }

  draw(bins) {
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    const most = Math.max(1, ...bins.flatMap((bin) => [...bin]));
    context.clearRect(0, 0, width, height);
    context.globalCompositeOperation = "source-over";
    ["#e5544b", "#3fb35c", "#4a8cf0"].forEach((colour, index) => {
      context.fillStyle = colour;
      context.globalAlpha = 0.6;
      bins[index].forEach((count, at) => {
        const tall = Math.sqrt(count / most) * height;
        context.fillRect((at * width) / BINS, height - tall, width / BINS - 0.5, tall);
      });
    });
  }
}
