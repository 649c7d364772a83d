"use strict";

// Without this file the part of the link behind "#" is pasted by hand. It takes it from the address into the form.

const opening = document.getElementById("open-link");
const given = location.hash.match(/^#([\w-]{32})$/)?.[1]; // other fragments are places on the page

if (opening && given) {
  history.replaceState(null, "", location.pathname + location.search);
  opening.elements.secret.value = given;
  opening.requestSubmit();
}

// The page in the other language is another page: it gets the link as this one did.
const opened = opening ? "" : document.querySelector("input[name=secret]").value;
if (opened) for (const link of document.querySelectorAll("a[hreflang]")) link.hash = opened;
