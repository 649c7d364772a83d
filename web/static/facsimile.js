// The image of the page in view, beside its text: the viewer (OpenSeadragon) is loaded when a reader opens it. What goes
// wrong with an image is said in the panel and touches nothing else; the text is what the image says, for everybody.

const panel = document.getElementById("facsimile");
const opener = document.getElementById("facsimile-open");
const text = document.querySelector(".reading article");
const OPEN = "wenyuan.facsimile";
const PATIENCE = 20_000; // milliseconds that an image may take to come
const MOST_BYTES = 1 << 20; // of what a service says of an image
const MOST_PIXELS = 1 << 24;
const HERE = location.protocol;

function kept() {
  try {
    return sessionStorage.getItem(OPEN) === "open";
  } catch {
    return false; // storage is closed to us: it is opened anew on every page then
  }
}

function keep(open) {
  try {
    sessionStorage.setItem(OPEN, open ? "open" : "closed");
  } catch {
    // as above
  }
}

// A page that came by https loads nothing by http; the same host is asked by https then.
function reached(address) {
  return HERE === "https:" ? address.replace(/^http:/, "https:") : address;
}

function loaded(script) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = script;
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.append(element);
  });
}

// OpenSeadragon puts a style sheet into the page, which the policy forbids, unless there is an element that it takes for
// it. One of no namespace is no style sheet.
function withoutInlineStyle() {
  const style = document.createElementNS(null, "style");
  style.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(style);
}

async function bounded(answer) {
  const reader = answer.body.getReader();
  const parts = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).text();
    size += value.length;
    if (size > MOST_BYTES) {
      reader.cancel();
      throw new Error("too long");
    }
    parts.push(value);
  }
}

function pixels(number) {
  return Number.isInteger(number) && number > 0 && number <= MOST_PIXELS;
}

// What a service says of an image, under the address by which it was asked: no other host is asked because it says so.
async function described(service, signal) {
  const answer = await fetch(`${service}/info.json`, { signal, credentials: "omit" });
  if (!answer.ok) throw new Error(answer.status);
  const info = JSON.parse(await bounded(answer));
  if (!pixels(info.width) || !pixels(info.height)) throw new Error("no size");
  const address = "@id" in info ? "@id" : "id";
  return { ...info, [address]: service };
}

class Facsimile {
  constructor() {
    this.status = panel.querySelector("[role=status]");
    this.link = panel.querySelector(".facsimile-said a");
    this.again = panel.querySelector("[data-do=again]");
    this.words = panel.querySelector("[data-do=words]");
    this.leaf = null;
    this.attempt = 0;
    this.held = false;
  }

  async start() {
    const told = await fetch(panel.dataset.url + location.search);
    if (!told.ok) throw new Error(told.status);
    const { leaves } = await told.json();
    this.leaves = new Map(leaves.map((leaf) => [String(leaf.start), leaf]));
    if (!window.OpenSeadragon) {
      withoutInlineStyle();
      await loaded(panel.dataset.viewer);
    }
    this.viewer = OpenSeadragon({
      element: panel.querySelector(".facsimile-image"),
      showNavigationControl: false,
      drawer: "canvas", // it draws what comes from hosts that let nobody read their pixels, too
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.6,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      visibilityRatio: 0.3,
      maxZoomPixelRatio: 4,
      timeout: PATIENCE,
    });
    const canvas = this.viewer.canvas;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-description", panel.dataset.keys);
    canvas.title = panel.dataset.keys;
    this.filter();
  }

  said(words, leaf) {
    return panel.dataset[words].replace("{label}", leaf.label).replace("{found}", leaf.found.length);
  }

  tell(words, leaf, { again = false } = {}) {
    this.status.textContent = words;
    this.again.hidden = !again;
    this.link.hidden = !leaf.address;
    if (leaf.address) this.link.href = leaf.address;
  }

  // Shows the image of a page, from the service that scales it, or else as a file.
  async show(start) {
    const leaf = this.leaves.get(start);
    if (!leaf || leaf === this.leaf) return;
    this.leaf = leaf;
    const attempt = ++this.attempt;
    this.waiting?.abort();
    clearTimeout(this.clock);
    this.viewer.close();
    this.words.hidden = !leaf.words.length;
    this.viewer.canvas.setAttribute("aria-label", this.said(leaf.address ? "image" : "none", leaf));
    if (!leaf.address) return this.tell(this.said("none", leaf), leaf);
    if (!leaf.image && !leaf.service) return this.tell(this.said("elsewhere", leaf), leaf);
    this.tell(this.said("loading", leaf), leaf);
    this.waiting = new AbortController();
    this.clock = setTimeout(() => {
      this.attempt++;
      this.waiting.abort();
      this.viewer.close();
      this.tell(this.said("late", leaf), leaf, { again: true });
    }, PATIENCE);
    const service = reached(leaf.service).replace(/\/$/, "");
    const sources = [
      ...(leaf.service ? [() => described(service, this.waiting.signal)] : []),
      ...(leaf.image ? [() => ({ type: "image", url: reached(leaf.image), buildPyramid: false })] : []),
    ];
    for (const source of sources) {
      try {
        const found = await source();
        if (attempt !== this.attempt) return;
        await this.opened(found);
        if (attempt !== this.attempt) return;
        clearTimeout(this.clock);
        this.box();
        return this.tell(this.said("image", leaf) + (leaf.found.length ? ` · ${this.said("found", leaf)}` : ""), leaf);
      } catch {
        if (attempt !== this.attempt) return;
      }
    }
    clearTimeout(this.clock);
    this.viewer.close();
    this.tell(this.said("failed", leaf), leaf, { again: true });
  }

  // An image is open when something of it can be seen.
  opened(source) {
    return new Promise((resolve, reject) => {
      const events = { "tile-loaded": resolve, "open-failed": reject, "tile-load-failed": reject, close: reject };
      const settle = (how) => () => {
        for (const [name, handler] of handlers) this.viewer.removeHandler(name, handler);
        how();
      };
      const handlers = Object.entries(events).map(([name, how]) => [name, settle(how)]);
      this.viewer.open(source);
      for (const [name, handler] of handlers) this.viewer.addHandler(name, handler);
    });
  }

  // Boxes are in pixels of the page's own size, whatever size the image comes in.
  box() {
    const { leaf } = this;
    const size = this.viewer.world.getItemAt(0).getContentSize();
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${leaf.width || size.x} ${leaf.height || size.y}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "facsimile-boxes");
    svg.setAttribute("aria-hidden", "true");
    for (const kind of ["words", "found"]) {
      const group = document.createElementNS(svg.namespaceURI, "g");
      group.setAttribute("class", kind);
      for (const [x, y, width, height] of leaf[kind]) {
        const rect = document.createElementNS(svg.namespaceURI, "rect");
        Object.entries({ x, y, width, height }).forEach(([name, value]) => rect.setAttribute(name, value));
        group.append(rect);
      }
      svg.append(group);
    }
    this.viewer.addOverlay({ element: svg, location: new OpenSeadragon.Rect(0, 0, 1, size.y / size.x) });
  }

  filter() {
    const of = (name) => panel.querySelector(`[name=${name}]`).value;
    const canvas = this.viewer?.drawer?.canvas;
    if (canvas) canvas.style.filter = `brightness(${of("brightness")}%) contrast(${of("contrast")}%)`;
  }

  // The page that stands in the middle of what can be seen of the text.
  follow() {
    if (this.held) return;
    const frame = text.getBoundingClientRect();
    const top = beside() ? 0 : panel.getBoundingClientRect().bottom;
    const bottom = document.documentElement.clientHeight;
    const x = (Math.max(frame.left, 0) + Math.min(frame.right, document.documentElement.clientWidth)) / 2;
    const y = (Math.max(frame.top, top) + Math.max(top, Math.min(frame.bottom, bottom))) / 2;
    const vertical = text.classList.contains("vertical");
    let nearest = null;
    let least = Infinity;
    for (const [start, box] of leaves()) {
      const away = vertical ? Math.max(box.left - x, x - box.right, 0) : Math.max(box.top - y, y - box.bottom, 0);
      if (away < least) [least, nearest] = [away, start];
    }
    if (nearest !== null) this.show(nearest);
  }

  step(by) {
    const all = [...leaves()];
    const now = all.findIndex(([start]) => start === String(this.leaf?.start));
    if (all[now + by]) this.goTo(all[now + by][0]);
  }

  goTo(start) {
    this.held = true; // what this scrolls is not the reader's
    text.querySelector(`.lines[data-start="${start}"]`).closest(".leaf").scrollIntoView({ block: "start", inline: "nearest" });
    requestAnimationFrame(() => requestAnimationFrame(() => (this.held = false)));
    this.show(start);
  }

  do(what, button) {
    const { viewport } = this.viewer;
    const acts = {
      previous: () => this.step(-1),
      next: () => this.step(1),
      in: () => viewport.zoomBy(1.4),
      out: () => viewport.zoomBy(1 / 1.4),
      left: () => viewport.setRotation(viewport.getRotation() - 90),
      right: () => viewport.setRotation(viewport.getRotation() + 90),
      whole: () => viewport.goHome(),
      words: () => button.setAttribute("aria-pressed", panel.classList.toggle("shows-words")),
      plain: () => {
        for (const range of panel.querySelectorAll("[type=range]")) range.value = 100;
        this.filter();
      },
      again: () => {
        const start = String(this.leaf.start);
        this.leaf = null;
        this.show(start);
      },
      close: () => close(),
    };
    acts[what]();
    viewport.applyConstraints();
  }
}

function* leaves() {
  for (const lines of text.querySelectorAll(".lines[data-start]")) {
    yield [lines.dataset.start, lines.closest(".leaf").getBoundingClientRect()];
  }
}

function beside() {
  return matchMedia("(min-width: 60rem)").matches;
}

let facsimile = null;

// Opens the panel on a page, or on the one in view.
async function open(start) {
  panel.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  document.body.classList.add("with-facsimile");
  keep(true);
  if (!facsimile) {
    facsimile = new Facsimile();
    try {
      await facsimile.start();
    } catch {
      facsimile.status.textContent = panel.dataset.failed.replace("{label}", "").replace(/[：:]\s*$/, "");
      facsimile = null;
      return;
    }
  }
  if (!facsimile.viewer) return; // it is being opened already
  if (start) facsimile.goTo(start);
  else facsimile.follow();
}

function close() {
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  document.body.classList.remove("with-facsimile");
  keep(false);
  opener.focus();
}

if (panel && text) {
  text.before(panel);
  opener.hidden = false;
  opener.addEventListener("click", () => (panel.hidden ? open() : close()));
  // The mark of a page leads to its image, here to the one in the panel.
  text.addEventListener("click", (event) => {
    const mark = event.target.closest("a.leaf-facsimile");
    if (!mark || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(mark.closest(".leaf").querySelector(".lines").dataset.start);
  });
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    if (facsimile) facsimile.do(button.dataset.do, button);
    else if (button.dataset.do === "close") close();
  });
  panel.addEventListener("input", () => facsimile?.filter());
  let due = false;
  const follow = () => {
    if (due || panel.hidden || !facsimile?.viewer) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      facsimile?.follow();
    });
  };
  document.addEventListener("scroll", follow, { passive: true, capture: true });
  window.addEventListener("resize", follow);
  if (kept()) open();
}
