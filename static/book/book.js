// The page works without this. It guesses the visitor's time zone, keeps the words about the
// kept time true, and sends a form once.
"use strict";

const zones = document.querySelector("form[data-zone]");
if (zones) {
  const select = zones.elements.zone;
  const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isKnown = [...select.options].some((option) => option.value === guess);
  if ("guess" in zones.dataset && isKnown && guess !== zones.dataset.zone) {
    const address = new URL(location.href);
    address.searchParams.set("zone", guess);
    location.replace(address);
  }
  select.addEventListener("change", () => zones.requestSubmit());
}

const kept = document.getElementById("kept");
if (kept) {
  const left = kept.querySelector("span");
  const until = Date.now() + Number(left.textContent) * 60_000;
  setInterval(() => {
    const minutes = Math.ceil((until - Date.now()) / 60_000);
    left.textContent = minutes;
    kept.hidden = minutes < 1;
    document.getElementById("lapsed").hidden = minutes > 0;
  }, 5_000);
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if ("sent" in form.dataset) event.preventDefault();
    form.dataset.sent = "";
  });
}
// Whoever goes back finds the form as it was, ready to be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
