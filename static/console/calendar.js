// Pointing at a free stretch of the calendar says which quarter of an hour is meant; a click
// takes that one. Without this, and with the keyboard, it is the beginning of the stretch.

const QUARTER = 15 * 60 * 1000;

function pointedAt(link, event) {
  const box = link.getBoundingClientRect();
  const hours = Number(link.dataset.rows);
  const far = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 0.999);
  const start = new Date(link.dataset.free).getTime();
  const moment = Math.floor((start + far * hours * 4 * QUARTER) / QUARTER) * QUARTER;
  return new Date(Math.max(moment, start));
}

function clock(link, moment) {
  // The page's own clock: what the stretch begins with, plus the time that has passed since.
  const shown = link.querySelector(".hf-time").textContent.match(/(\d+):(\d+)/);
  const begin = Number(shown[1]) * 60 + Number(shown[2]);
  const minutes = begin + (moment - new Date(link.dataset.free)) / 60000;
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

function isGrid(link) {
  return link.closest(".hf-cal") && window.matchMedia("(min-width: 64rem)").matches;
}

document.addEventListener("mousemove", (event) => {
  const link = event.target.closest("a[data-free]");
  if (!link || !isGrid(link)) return;
  const moment = pointedAt(link, event);
  link.dataset.here = clock(link, moment);
  link.querySelector(".hf-what").dataset.here = link.dataset.here;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-free]");
  if (!link || !event.detail || !isGrid(link)) return;  // detail 0: by the keyboard
  const address = new URL(link.href);
  address.searchParams.set("start", pointedAt(link, event).toISOString());
  link.href = address;
});
