"use strict";

// The reading history of a browser without an account: off until it is switched on, and nothing of it is sent anywhere.

(() => {
  const KEY = "wenyuan.history";
  const SWITCH = "wenyuan.history.on";
  const MOST = 200;
  if (document.body.dataset.account) return;

  function stored() {
    try {
      const held = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(held) ? held.filter((each) => typeof each?.url === "string" && /^\/(?!\/)/.test(each.url)) : [];
    } catch {
      return [];
    }
  }

  const store = (lines) => localStorage.setItem(KEY, JSON.stringify(lines.slice(0, MOST)));
  const isOn = () => {
    try {
      return localStorage.getItem(SWITCH) === "1";
    } catch {
      return false; // a browser that keeps nothing
    }
  };

  if (document.querySelector(".reading article") && isOn()) {
    const query = new URLSearchParams(location.search).get("q") ?? "";
    const url = location.pathname + (query ? `?${new URLSearchParams({ q: query })}` : "");
    const line = { url, title: document.querySelector("h1").textContent.trim().replace(/\s+/g, " ").slice(0, 300), query: query.slice(0, 300), at: new Date().toISOString() };
    store([line, ...stored().filter((each) => each.url !== url)]);
  }

  const page = document.getElementById("history");
  if (!page) return;
  const [list, told, clear, switched] = [".past", ".told", ".clear", ".switch"].map((each) => page.querySelector(each));
  page.hidden = false;
  switched.checked = isOn();
  switched.addEventListener("change", () => {
    if (switched.checked) localStorage.setItem(SWITCH, "1");
    else localStorage.removeItem(SWITCH);
  });
  clear.addEventListener("click", () => {
    localStorage.removeItem(KEY);
    told.textContent = told.dataset.cleared;
    show();
    switched.focus();
  });

  function show() {
    const lines = stored();
    clear.hidden = !lines.length;
    list.replaceChildren(
      ...lines.map((each) => {
        const [line, time, link, forget] = ["li", "time", "a", "button"].map((name) => document.createElement(name));
        time.dateTime = String(each.at);
        time.textContent = new Date(each.at).toLocaleString(document.documentElement.lang);
        link.href = each.url;
        link.textContent = [each.title, each.query].filter(Boolean).join(" · ");
        forget.type = "button";
        forget.className = "link";
        forget.textContent = list.dataset.forget;
        forget.setAttribute("aria-label", `${list.dataset.forget} ${each.title}`);
        forget.addEventListener("click", () => {
          store(stored().filter((other) => other.url !== each.url));
          show();
          (list.querySelector("button") ?? switched).focus();
        });
        line.append(time, " ", link, " ", forget);
        return line;
      }),
    );
  }
  show();
})();
