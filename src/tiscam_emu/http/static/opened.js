// A camera opened: its bench.

import { ask, get, pathOf, post, put } from "./api.js";
import { Chart } from "./charts.js";
import { attempt, make, setText, toggle } from "./dom.js";
import { Faults } from "./faults.js";
import { Features } from "./features.js";
import { Histogram, LivePicture } from "./picture.js";
import { Timeline } from "./timeline.js";
import { clock, sentence } from "./words.js";

const UPLOAD = "an image of one's own";

export class Opened {
  constructor(camera) {
    this.camera = camera;
    this.path = pathOf(camera.name);
    this.picture = new LivePicture(camera, 1024);
    this.histogram = new Histogram();
    this.caption = make("p", { class: "faint num" }, "\u00a0");
    this.picture.onpicture = (image, headers) => {
      this.histogram.show(image);
      setText(this.caption, `frame ${headers.get("X-Frame-Id")} · ${headers.get("X-Pixel-Format")} · ${headers.get("X-Width")} × ${headers.get("X-Height")} · ${(Number(headers.get("X-Timestamp-Ns")) / 1e9).toFixed(3)} s`);
    };
    this.charts = [
      new Chart("frames a second", "fps", 1, "rate"),
      new Chart("resent / skipped", "", 0, "resent", "skipped"),
      new Chart("exposure", "µs", 0, "exposure"),
    ];
    this.faults = new Faults(camera);
    this.features = new Features(camera);
    this.timeline = new Timeline(camera);
    this.figures = make("dl", { class: "figures" });
    this.mistakes = make("ul", { class: "list" });
    this.happened = make("ol", { class: "list" });
    this.element = make(
      "div", {},
      make("div", { class: "opened" },
        make("div", { class: "column" }, this.look(), this.hands(), this.faults.element, this.curves()),
        make("div", { class: "column" }, this.features.element, this.timeline.element, listed("What has happened", this.happened), listed("Mistakes of clients", this.mistakes))),
    );
    this.heard = (event) => this.hear(event.detail.kind);
    camera.addEventListener("happening", this.heard);
    this.show();
  }

  look() {
    this.led = make("span", { class: "led" });
    const { model, serial, address } = this.camera;
    return make(
      "section", { class: "card" }, this.picture.element,
      make("div", { class: "box" },
        make("div", { class: "row" }, make("h1", {}, this.led, this.camera.name), make("span", { class: "faint" }, `${model} · ${serial} · ${address}`)),
        this.caption, this.figures),
    );
  }

  hands() {
    const [plug, plugged] = toggle("Plugged in", "the network cable", (on) => this.act(() => post(`${this.path}/${on ? "plug" : "unplug"}`)));
    const [line, level] = toggle("Line 1 high", "TRIGGER_IN", (on) => this.act(() => put(`${this.path}/line1`, on)));
    const [stamp, stamped] = toggle("Stamp frames", "for read_stamp", (on) => this.act(() => put(`${this.path}/stamp`, on)));
    Object.assign(this, { plugged, level, stamped });
    this.scenes = make("select", { id: "scene", onchange: () => this.choose() });
    this.file = make("input", { type: "file", accept: "image/png,image/jpeg,.npy", hidden: true, onchange: () => this.upload() });
    get(`${this.path}/scene`).then((told) => this.listScenes(told.names), () => {});
    return make(
      "section", { class: "card box" }, make("h2", {}, "Hands"),
      make("div", { class: "controls" },
        make("button", { class: "main", type: "button", onclick: () => this.act(() => post(`${this.path}/features/TriggerSoftware`)) }, "Trigger"),
        make("button", { type: "button", onclick: () => this.act(() => post(`${this.path}/line1/pulses`, { count: 1, width_s: 0.005 })) }, "Pulse line 1"),
        line, plug, stamp),
      make("div", { class: "controls" },
        make("label", { for: "scene" }, "Scene"), this.scenes, this.file,
        make("a", { class: "button", href: `${this.path}/frame.png`, download: `${this.camera.name}.png` }, "Save picture"),
        make("button", { type: "button", onclick: () => this.act(() => post(`${this.path}/power-cycle`)) }, "Power cycle")),
    );
  }

  curves() {
    return make(
      "section", { class: "card box" }, make("h2", {}, "Last three minutes"),
      make("div", { class: "charts" }, ...this.charts.map((chart) => chart.element)),
      make("h2", {}, "Histogram"), this.histogram.canvas,
    );
  }

  async act(action) {
    await attempt(action);
    await attempt(() => this.camera.load());
  }

  listScenes(names) {
    this.names = names;
    const options = names.map((name) => make("option", { value: name }, name));
    this.scenes.replaceChildren(...options, make("option", { value: UPLOAD }, "upload PNG, JPEG or NPY …"));
    this.show();
  }

  choose() {
    const wanted = this.scenes.value;
    if (wanted === UPLOAD) this.file.click();
    else this.act(() => put(`${this.path}/scene`, wanted));
    this.show();
  }

  upload() {
    const [file] = this.file.files;
    if (file) this.act(() => ask("PUT", `${this.path}/scene`, file));
    this.file.value = "";
  }

  hear(kind) {
    if (kind === "sample") this.charts.forEach((chart) => chart.show(this.camera.samples));
    this.show();
    this.timeline.hear(kind);
    if (kind === "faults" || kind === "loaded") this.faults.show();
  }

  show() {
    const { status, stamp, line1, scene } = this.camera;
    if (!status) return;
    this.plugged.checked = status.plugged;
    this.level.checked = line1;
    this.stamped.checked = stamp;
    this.showScene(scene);
    this.led.dataset.color = status.status_led;
    this.led.hidden = !status.status_led;
    this.led.title = status.status_led;
    const figures = [
      ["rate", `${this.camera.rate().toFixed(1)} fps`],
      ["frames", status.frames],
      ["skipped", status.skipped_frames],
      ["resent", status.resent_packets],
      ["triggers missed", status.triggers_missed],
      ["controller", status.controller || "nobody"],
      ["acquisition", status.acquiring ? "runs" : "stopped"],
    ];
    if (this.figures.children.length !== figures.length) {
      this.figures.replaceChildren(...figures.map(([name]) => make("div", {}, make("dt", {}, name), make("dd", { class: "num" }))));
    }
    figures.forEach(([, value], at) => setText(this.figures.children[at].lastChild, String(value)));
    this.showLists(status);
  }

  showScene(scene) {
    if (!this.names || document.activeElement === this.scenes) return;
    if (!this.names.includes(scene) && this.scenes.options[0].value !== scene) {
      this.scenes.prepend(make("option", { value: scene }, scene));
    }
    this.scenes.value = scene;
  }

  showLists(status) {
    const newest = this.camera.happenings[0];
    if (newest !== this.newest) {
      this.newest = newest;
      this.happened.replaceChildren(
        ...this.camera.happenings.map((told) => make("li", {}, make("time", { class: "faint num", title: `device time ${(told.time_ns / 1e9).toFixed(6)} s` }, clock(told.heard)), make("span", {}, sentence(told)))),
      );
    }
    const counted = status.mistakes.reduce((sum, mistake) => sum + mistake.count, 0);
    if (counted !== this.counted) {
      this.counted = counted;
      const mistakes = [...status.mistakes].reverse();
      this.mistakes.replaceChildren(
        ...(mistakes.length ? mistakes : [undefined]).map((mistake) =>
          mistake ? make("li", {}, make("span", { class: "num" }, `${mistake.count}×`), make("span", {}, `${mistake.kind}: ${mistake.first} `, make("span", { class: "faint" }, mistake.peer))) : make("li", { class: "faint" }, "none so far"),
        ),
      );
    }
  }

  end() {
    this.picture.end();
    this.features.end();
    this.camera.removeEventListener("happening", this.heard);
  }
}

function listed(title, list) {
  return make("section", { class: "card box" }, make("h2", {}, title), list);
}
