import type { Person } from '../state/model';

const colours = ['#2f5d50', '#3d4f73', '#6d4a5c', '#6a5a3c', '#41655f'];

/** Draws what the server would compose, as a live stream. */
export function pictureOf(
  people: Person[],
  visible: string[],
  wide: boolean,
  presenter: string | null
): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = wide ? 720 : 960;
  const shown = people.filter(p => visible.includes(p.id));
  const draw = () => {
    const g = canvas.getContext('2d');
    if (!g) return;
    g.fillStyle = '#121212';
    g.fillRect(0, 0, canvas.width, canvas.height);
    if (presenter) return drawScreen(g, canvas.width, canvas.height);
    const columns = shown.length > 1 ? 2 : 1;
    const rows = Math.ceil(shown.length / columns);
    shown.forEach((p, i) => {
      const w = canvas.width / columns;
      const h = canvas.height / rows;
      drawTile(
        g,
        (i % columns) * w,
        Math.floor(i / columns) * h,
        w,
        h,
        p.name,
        colours[i % colours.length] ?? ''
      );
    });
  };
  draw();
  setInterval(draw, 200);
  return canvas.captureStream(5);
}

function drawTile(
  g: CanvasRenderingContext2D,
  x: number,
  y: number,
  w: number,
  h: number,
  name: string,
  colour: string
): void {
  g.save();
  g.beginPath();
  g.rect(x, y, w, h);
  g.clip();
  const shade = g.createLinearGradient(x, y, x + w, y + h);
  shade.addColorStop(0, colour);
  shade.addColorStop(1, '#1a1f22');
  g.fillStyle = shade;
  g.fillRect(x, y, w, h);
  g.fillStyle = 'rgb(255 255 255 / 14%)';
  g.beginPath();
  g.arc(x + w / 2, y + h * 0.42, h * 0.16, 0, 7);
  g.ellipse(x + w / 2, y + h * 1.02, h * 0.34, h * 0.38, 0, 0, 7);
  g.fill();
  g.fillStyle = 'rgb(0 0 0 / 55%)';
  g.font = '26px sans-serif';
  g.fillRect(x + 16, y + h - 60, g.measureText(name).width + 28, 44);
  g.fillStyle = '#fff';
  g.fillText(name, x + 30, y + h - 29);
  g.restore();
}

function drawScreen(g: CanvasRenderingContext2D, w: number, h: number): void {
  const top = (h - 720) / 2;
  g.fillStyle = '#f3f4f2';
  g.fillRect(0, top, w, 720);
  g.fillStyle = '#2b3035';
  g.font = '600 44px sans-serif';
  g.fillText('Release board', 80, top + 110);
  ['#7fcdb3', '#e9bd72', '#9fb4d8'].forEach((colour, i) => {
    g.fillStyle = '#e4e6e3';
    g.fillRect(80 + i * 380, top + 160, 340, 480);
    g.fillStyle = colour;
    for (let k = 0; k < 3 - (i % 2); k++) g.fillRect(100 + i * 380, top + 180 + k * 120, 300, 100);
  });
}
