// Which page is shown: all cameras, or one of them.

import { Bench } from "./bench.js";
import { make, setText } from "./dom.js";
import { Opened } from "./opened.js";
import { Tile } from "./tile.js";

const bench = new Bench();
const main = document.getElementById("main");
const crumbs = document.getElementById("crumbs");
const link = document.getElementById("link");
let shown = [];
let place;

function end() {
  for (const part of shown) part.end();
  shown = [];
}

function wanted() {
  return decodeURIComponent(location.hash.replace(/^#\/?/, ""));
}

function show() {
  const name = wanted();
  const camera = bench.cameras.get(name);
  const now = camera ? `one ${name}` : `all ${[...bench.cameras.keys()].join("/")}`;
  if (now === place) return;
  const moved = place !== undefined;
  place = now;
  end();
  if (camera) {
    shown = [new Opened(camera)];
    main.replaceChildren(shown[0].element);
    crumbs.replaceChildren(make("a", { href: "#/" }, "All cameras"), " / ", name);
    document.title = `${name} · tiscam-emu bench`;
  } else {
    shown = [...bench.cameras.values()].map((one) => new Tile(one));
    const tiles = make("div", { class: "tiles" }, ...shown.map((tile) => tile.element));
    main.replaceChildren(shown.length ? tiles : make("p", { class: "empty" }, bench.up === undefined ? "connecting" : "no camera is running"));
    crumbs.replaceChildren();
    document.title = "tiscam-emu bench";
  }
  if (moved) main.focus({ preventScroll: true });
}

bench.addEventListener("cameras", show);
bench.addEventListener("link", () => {
  setText(link, bench.up ? "connected" : "the bench does not answer");
  link.className = `link ${bench.up ? "up" : "down"}`;
});
window.addEventListener("hashchange", show);
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && wanted() && !/INPUT|SELECT/.test(event.target.tagName)) location.hash = "#/";
});
show();
bench.start();
