// A camera among others: its picture and how it does.

import { make, setText } from "./dom.js";
import { LivePicture } from "./picture.js";

export class Tile {
  constructor(camera) {
    this.camera = camera;
    this.picture = new LivePicture(camera, 480);
    this.led = make("span", { class: "led" });
    this.model = make("span", { class: "faint" });
    this.rate = make("span", { class: "num" });
    this.controller = make("span", { class: "faint" });
    this.losses = make("span", { class: "faint num" });
    this.element = make(
      "a", { class: "card tile", href: `#/${encodeURIComponent(camera.name)}`, "aria-label": `${camera.name}: open` },
      this.picture.element,
      make("div", { class: "words" },
        make("div", { class: "row" }, make("h2", {}, this.led, camera.name), this.rate),
        make("div", { class: "row" }, this.model, this.losses),
        make("div", { class: "row" }, this.controller)),
    );
    this.heard = () => this.show();
    camera.addEventListener("happening", this.heard);
    this.show();
  }

  show() {
    const { status, model, address } = this.camera;
    setText(this.model, `${model} · ${address}`);
    if (!status) return;
    this.led.dataset.color = status.status_led;
    this.led.hidden = !status.status_led;
    this.led.title = status.status_led ? `LED ${status.status_led}` : "";
    setText(this.rate, `${this.camera.rate().toFixed(1)} fps`);
    setText(this.controller, status.controller ? `held by ${status.controller}` : "nobody has control");
    setText(this.losses, `${status.skipped_frames} skipped · ${status.resent_packets} resent`);
  }

  end() {
    this.picture.end();
    this.camera.removeEventListener("happening", this.heard);
  }
}
