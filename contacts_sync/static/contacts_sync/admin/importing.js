// How far an import is: asked for every two seconds. When its step changes the page is another one.
const place = document.querySelector("[data-progress]");
const aloud = document.getElementById("progress-aloud");
let tenth = 0;

async function ask() {
    let answer;
    try {
        answer = await fetch(place.dataset.progress);
    } catch {
        return; // away for a moment
    }
    if (!answer.ok) return;
    if (answer.headers.get("X-Step") !== place.dataset.step) {
        location.reload();
        return;
    }
    place.innerHTML = await answer.text();
    const meter = place.querySelector("progress");
    const now = meter ? Math.floor((10 * meter.value) / meter.max) : 0;
    if (now !== tenth) aloud.textContent = place.querySelector(".desk-headline").textContent;
    tenth = now;
}
if (place) setInterval(ask, 2000);
