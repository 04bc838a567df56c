// What is known of the cameras: asked for once, then kept up with what the bench tells.

import { get, pathOf } from "./api.js";

const SAMPLES = 180;
const KEPT = 200;
const TOGETHER_MS = 5000;
const COUNTED = { skip: "skipped_frames", resend: "resent_packets" };
const KINDS = [
  "camera", "controller", "stream", "acquisition", "frames", "skip", "resend", "mistake", "edges", "feature", "plug",
  "faults", "scene", "led", "timeline", "started", "ended", "gap",
];

export class Camera extends EventTarget {
  constructor(short) {
    super();
    Object.assign(this, short);
    this.running = true;
    this.scene = "";
    this.stamp = this.line1 = false;
    this.faults = [];
    this.status = undefined;
    this.frames = [];
    this.seenAt = 0;
    this.samples = { rate: [], resent: [], skipped: [], exposure: [] };
    this.happenings = [];
    this.exposure = undefined;
  }

  async load() {
    const told = await get(pathOf(this.name));
    Object.assign(this, told, { running: true });
    this.note(told.status);
    try {
      this.exposure = await get(`${pathOf(this.name)}/features/ExposureTime/value`);
    } catch {
      this.exposure = undefined; // a camera of another maker may name it otherwise
    }
    this.tell("loaded");
  }

  tell(kind, told = {}) {
    this.dispatchEvent(new CustomEvent("happening", { detail: { kind, ...told } }));
  }

  note(status) {
    this.frames.push({ at: status.time_ns, frames: status.frames, resent: status.resent_packets, skipped: status.skipped_frames });
    while (this.frames.length > 2 && this.frames[0].at < status.time_ns - 1.5e9) this.frames.shift();
    this.seenAt = performance.now();
  }

  // The time of the device now, as far as that can be told from outside.
  now() {
    return this.status.time_ns + 1e6 * (performance.now() - this.seenAt);
  }

  hear(told) {
    this.take(told);
    if (told.kind !== "frames" && !(told.kind === "feature" && told.by === "camera")) this.keep(told);
    this.tell(told.kind, told);
  }

  // Losses that follow each other are one entry of the list.
  keep(told) {
    const more = { ...told, heard: new Date() };
    const counted = COUNTED[told.kind];
    const before = counted ? this.happenings.slice(0, 2).findIndex((one) => one.kind === told.kind) : -1;
    if (before >= 0 && more.heard - this.happenings[before].heard < TOGETHER_MS) {
      more[counted] += this.happenings[before][counted];
      this.happenings.splice(before, 1);
    }
    this.happenings.unshift(more);
    this.happenings.length = Math.min(this.happenings.length, KEPT);
  }

  take(told) {
    const status = this.status ?? {};
    switch (told.kind) {
      case "frames":
        Object.assign(status, told);
        this.note(status);
        break;
      case "controller": status.controller = told.controller; break;
      case "stream": status.stream = told.to; break;
      case "acquisition": status.acquiring = told.acquiring; break;
      case "plug": status.plugged = told.plugged; break;
      case "led": status.status_led = told.color; break;
      case "faults": this.faults = told.faults; break;
      case "scene": this.scene = told.scene; break;
      case "camera": this.running = told.running; break;
      case "started": this.running = true; break;
      case "ended": this.running = false; break;
      case "mistake": this.mistaken(told); break;
      case "edges":
        for (const edge of told.edges) if (edge.line === "TRIGGER_IN") this.line1 = edge.high;
        break;
      case "feature":
        if (told.name === "ExposureTime") this.exposure = told.value;
        if (["Width", "Height", "PixelFormat"].includes(told.name)) {
          status[{ Width: "width", Height: "height", PixelFormat: "pixel_format" }[told.name]] = told.value;
        }
        break;
    }
  }

  mistaken(told) {
    const mistakes = (this.status.mistakes ?? []).filter((one) => one.kind !== told.mistake || one.peer !== told.peer);
    mistakes.push({ kind: told.mistake, peer: told.peer, count: told.count, first: told.first });
    this.status.mistakes = mistakes;
  }

  // A figure a second, over the frames of the last one; device time tells how long that was.
  rate(what = "frames") {
    const [first, last] = [this.frames[0], this.frames.at(-1)];
    if (!first || performance.now() - this.seenAt > 1500 || last.at === first.at) return 0;
    return (1e9 * (last[what] - first[what])) / (last.at - first.at);
  }

  sample() {
    const now = { rate: this.rate(), resent: this.rate("resent"), skipped: this.rate("skipped"), exposure: this.exposure };
    for (const [what, value] of Object.entries(now)) {
      this.samples[what].push(value);
      if (this.samples[what].length > SAMPLES) this.samples[what].shift();
    }
    this.tell("sample");
  }
}

export class Bench extends EventTarget {
  constructor() {
    super();
    this.cameras = new Map();
    this.up = undefined;
  }

  start() {
    const stream = new EventSource("events");
    stream.onopen = () => this.connected(true);
    stream.onerror = () => this.connected(false);
    for (const kind of KINDS) stream.addEventListener(kind, (event) => this.hear(kind, JSON.parse(event.data)));
    setInterval(() => this.cameras.forEach((camera) => camera.sample()), 1000);
  }

  async connected(up) {
    if (this.up !== up) {
      this.up = up;
      this.dispatchEvent(new Event("link"));
    }
    if (up) await this.load();
  }

  async load() {
    const listed = await get("cameras");
    const names = listed.map((short) => short.name);
    for (const name of this.cameras.keys()) if (!names.includes(name)) this.cameras.delete(name);
    for (const short of listed) {
      const known = this.cameras.get(short.name);
      if (known) Object.assign(known, short);
      else this.cameras.set(short.name, new Camera(short));
    }
    this.dispatchEvent(new Event("cameras"));
    await Promise.allSettled([...this.cameras.values()].map((camera) => camera.load()));
  }

  hear(kind, told) {
    if (kind === "gap") {
      this.load();
      return;
    }
    const camera = this.cameras.get(told.camera);
    if (kind === "camera" || kind === "started") this.load();
    camera?.hear(told);
  }
}
