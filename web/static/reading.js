"use strict";

// The reading page does without this file. It adds steps between the places that were found, on into the next section,
// keys, and settings of the display that are kept for the next visit.

(() => {
  const article = document.querySelector(".reading article");
  const texts = [...document.querySelectorAll(".reading article")];
  const steps = document.querySelector(".steps");
  const standing = document.querySelector(".tools .total");
  // Of a place that is marked in several pieces the first one is gone to.
  const stops = [...article.querySelectorAll("[id^='o-']")].map((place) => markBehind(place));
  let here = Number(standing?.dataset.at ?? 0) - 1;

  function markBehind(place) {
    let next = place.nextElementSibling;
    while (next && !next.matches("mark.found")) next = next.nextElementSibling;
    return next ?? place;
  }

  function show(element) {
    const vertical = article.classList.contains("vertical");
    // In vertical text "inline" is up and down: the whole article is shown, and then turned to the element.
    if (vertical) article.scrollIntoView({ block: "nearest", inline: "center" });
    element.scrollIntoView({ block: "center", inline: vertical ? "nearest" : "center" });
  }

  // To the next place or the one before; beyond the last, to the next section that has any.
  function move(by) {
    const beyond = document.querySelector(by > 0 ? "a.hits-after" : "a.hits-before");
    const next = here + by;
    if (beyond && (next < 0 || next >= stops.length)) return location.assign(beyond.href);
    if (!stops.length) return;
    const before = here;
    here = Math.min(Math.max(next, 0), stops.length - 1);
    mark(here === before ? (by > 0 ? "last" : "first") : "");
    show(stops[here]);
  }

  function mark(end) {
    tell(end);
    for (const each of stops) each.classList.toggle("here", each === stops[here]);
  }

  // Which place of how many this is, for eyes and for screen readers; the button that was pressed keeps the focus.
  function tell(end) {
    const nth = standing.dataset.nth.replace("{nth}", here + 1);
    standing.textContent = end ? `${nth} · ${standing.dataset[end]}` : nth;
  }

  Object.assign(pressed, { j: () => move(1), k: () => move(-1) });

  if (steps && (stops.length > 1 || document.querySelector("a.hits-after, a.hits-before"))) {
    steps.hidden = false;
    steps.addEventListener("click", (event) => move(Number(event.target.dataset.step ?? 0)));
  }

  // Nothing that is gone to is covered by the heading, however many lines that takes.
  const heading = document.querySelector(".heading");
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--head", `${heading.offsetHeight + 8}px`);
  }).observe(heading);

  // The display: what the address says is for this visit alone, what is chosen here is kept for the next.
  const STORED = "wenyuan.display";
  const toggle = document.querySelector("a.layout");
  const settings = document.querySelector("form.settings");
  const given = new Set(settings.dataset.given.split(" "));

  function kept() {
    try {
      return JSON.parse(remembered(STORED)) ?? {};
    } catch {
      return {}; // somebody else has written there
    }
  }

  function display(name, value) {
    for (const styled of name === "paper" ? [document.body] : texts) {
      for (const each of [...styled.classList]) if (each.startsWith(`${name}-`)) styled.classList.remove(each);
      styled.classList.add(`${name}-${value}`);
      if (name === "layout") styled.classList.toggle("vertical", value === "vertical");
    }
    if (name !== "layout") return;
    document.querySelector(".pair")?.classList.toggle("of-columns", value === "vertical");
    toggle.textContent = toggle.dataset[value === "vertical" ? "horizontal" : "vertical"];
  }

  // Other characters come from the server.
  function reread(characters) {
    const address = new URL(location.href);
    address.searchParams.set("characters", characters);
    return address;
  }

  function choose(name, value) {
    remember(STORED, JSON.stringify({ ...kept(), [name]: value }));
    if (name === "characters") return location.assign(reread(value));
    display(name, value);
    toWhatIsNamed();
  }

  for (const [name, value] of Object.entries(kept())) {
    const control = settings.elements[name];
    if (given.has(name) || !control || ![...control.options].some((each) => each.value === value)) continue;
    if (name !== "characters") {
      control.value = value;
      display(name, value);
    } else if (value !== control.value) location.replace(reread(value));
  }
  settings.querySelector("button").hidden = true;
  settings.querySelector(".by-script").hidden = false;
  settings.addEventListener("change", (event) => choose(event.target.name, event.target.value));
  toggle.addEventListener("click", (event) => {
    event.preventDefault();
    settings.elements.layout.value = article.classList.contains("vertical") ? "horizontal" : "vertical";
    choose("layout", settings.elements.layout.value);
  });

  function toHit() {
    const hit = location.hash === "#hit" ? document.getElementById("hit") : null;
    if (!hit) return;
    const next = hit.nextElementSibling;
    const found = next && next.matches("mark.found, mark.shared") ? next : hit;
    here = stops.filter((each) => each === found || each.compareDocumentPosition(hit) & Node.DOCUMENT_POSITION_FOLLOWING).length - 1;
    show(found);
  }

  // To a place that the address names by its number, or to the last one.
  function toPlace() {
    const number = location.hash === "#last" ? stops.length : Number(/^#o-(\d+)$/.exec(location.hash)?.[1]);
    if (!stops[number - 1]) return;
    here = number - 1;
    mark("");
    show(stops[here]);
  }

  function toWhatIsNamed() {
    toHit();
    toPlace();
  }

  // Keys that move vertical text by the screen, as they do elsewhere.
  const SCREENS = { PageDown: 1, PageUp: -1, " ": 1, ArrowLeft: 1, ArrowRight: -1 };

  function turn(by) {
    const before = article.scrollLeft;
    article.scrollLeft -= by * article.clientWidth * 0.92;
    return article.scrollLeft !== before; // at either end the page itself moves on
  }

  document.addEventListener("keydown", (event) => {
    if (!article.classList.contains("vertical") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, details") || (event.key === " " && event.target.closest("a, button"))) return;
    const by = Object.hasOwn(SCREENS, event.key) ? SCREENS[event.key] : 0;
    if (by && turn(event.key === " " && event.shiftKey ? -1 : by)) event.preventDefault();
  });

  // Keys for the next leaf and the one before, and for sections.
  const leaves = [...article.querySelectorAll(".leaf")];

  function isPassed(leaf) {
    const box = leaf.getBoundingClientRect();
    if (article.classList.contains("vertical")) return box.right > article.getBoundingClientRect().right - 4;
    return box.top < Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 4;
  }

  function toLeaf(by) {
    const at = Math.max(leaves.findLastIndex(isPassed), 0);
    const leaf = leaves[Math.min(Math.max(at + by, 0), leaves.length - 1)];
    leaf.scrollIntoView({ block: article.classList.contains("vertical") ? "nearest" : "start", inline: "nearest" });
    if (article.classList.contains("vertical")) article.scrollLeft += leaf.getBoundingClientRect().right - article.getBoundingClientRect().right;
  }

  const toSection = (rel) => document.querySelector(`.paging a[rel=${rel}]`)?.click();

  Object.assign(pressed, { l: () => toLeaf(1), h: () => toLeaf(-1), n: () => toSection("next"), p: () => toSection("prev") });

  // What is copied of a page in simplified characters are the edition's own.
  let part = null;
  article.addEventListener("selected", (event) => { part = event.detail; });
  article.addEventListener("copy", (event) => {
    const shown = [...article.querySelectorAll(".lines[data-original]")];
    if (!part || !shown.length) return;
    const original = shown.map((lines) => {
      const text = [...lines.dataset.original];
      const start = Number(lines.dataset.start);
      return text.slice(Math.max(part.start - start, 0), Math.max(part.end - start, 0)).join("");
    }).join("");
    event.clipboardData.setData("text/plain", original);
    event.preventDefault();
  });

  article.addEventListener("wheel", (event) => {
    if (!article.classList.contains("vertical") || event.deltaX || event.shiftKey || event.ctrlKey) return;
    const before = article.scrollLeft;
    article.scrollLeft -= event.deltaY;
    if (article.scrollLeft !== before) event.preventDefault(); // at either end the page itself moves on
  }, { passive: false });
  // Two texts side by side move together, each by as much of itself as the other has moved. Which of them moved by itself
  // is told by its place: a text that stands where it was taken was taken there. Events don't tell, several make one.
  if (texts.length === 2) {
    const taken = new Map();
    const stands = (text, [along, down]) => Math.abs(text.scrollLeft - along) < 1 && Math.abs(text.scrollTop - down) < 1;
    const share = (now, whole, seen) => (whole > seen ? now / (whole - seen) : 0);
    for (const text of texts) {
      text.addEventListener("scroll", () => {
        if (taken.has(text) && stands(text, taken.get(text))) return;
        taken.delete(text);
        const other = texts.find((each) => each !== text);
        const along = share(text.scrollLeft, text.scrollWidth, text.clientWidth) * (other.scrollWidth - other.clientWidth);
        const down = share(text.scrollTop, text.scrollHeight, text.clientHeight) * (other.scrollHeight - other.clientHeight);
        if (stands(other, [along, down])) return;
        other.scrollTo(along, down);
        taken.set(other, [other.scrollLeft, other.scrollTop]);
      }, { passive: true });
    }
  }

  addEventListener("hashchange", toPlace);
  // Twice: the leaves passed on the way are laid out only when they come into view.
  requestAnimationFrame(() => {
    toWhatIsNamed();
    requestAnimationFrame(toWhatIsNamed);
  });
})();
