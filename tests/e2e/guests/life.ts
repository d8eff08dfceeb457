// life.ts - an AssemblyScript program: Conway's game of life, n-body, sorting, text, SIMD.
import { args, exit, monotonic, print, randomBits, write } from "./wasi";

export function onAbort(message: string | null, file: string | null, line: u32,
                        column: u32): void {
  write(2, `abort: ${message ? message : ""} at line ${line}\n`);
  exit(70);
}

class World {
  cells: StaticArray<u8>;

  constructor(public width: i32, public height: i32) {
    this.cells = new StaticArray<u8>(width * height);
  }

  at(x: i32, y: i32): u8 {
    x = (x + this.width) % this.width;
    y = (y + this.height) % this.height;
    return this.cells[y * this.width + x];
  }

  next(): World {
    const world = new World(this.width, this.height);
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        let around: u8 = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            if (dx != 0 || dy != 0) around += this.at(x + dx, y + dy);
          }
        }
        const alive = this.at(x, y);
        world.cells[y * this.width + x] = <u8>(around == 3 || (alive == 1 && around == 2));
      }
    }
    return world;
  }

  toString(): string {
    let text = "";
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) text += this.at(x, y) ? "#" : ".";
      text += "\n";
    }
    return text;
  }
}

function glider(): void {
  let world = new World(12, 8);
  const start = [1, 0, 2, 1, 0, 2, 1, 2, 2, 2];
  for (let i = 0; i < start.length; i += 2) world.cells[start[i + 1] * 12 + start[i]] = 1;
  for (let i = 0; i < 20; i++) world = world.next();
  write(1, world.toString());
}

class Body {
  constructor(public x: f64, public y: f64, public vx: f64, public vy: f64, public m: f64) {}
}

function orbits(): void {
  const bodies = [
    new Body(0, 0, 0, 0, 1000), new Body(10, 0, 0, 10, 1), new Body(0, 20, -7, 0, 2),
  ];
  for (let step = 0; step < 5000; step++) {
    for (let i = 0; i < bodies.length; i++) {
      const a = bodies[i];
      for (let j = 0; j < bodies.length; j++) {
        if (i == j) continue;
        const b = bodies[j];
        const dx = b.x - a.x, dy = b.y - a.y;
        const d2 = dx * dx + dy * dy;
        const f = b.m / (d2 * Math.sqrt(d2)) * 0.001;
        a.vx += dx * f;
        a.vy += dy * f;
      }
    }
    for (let i = 0; i < bodies.length; i++) {
      bodies[i].x += bodies[i].vx * 0.001;
      bodies[i].y += bodies[i].vy * 0.001;
    }
  }
  for (let i = 0; i < bodies.length; i++) print(`body ${bodies[i].x} ${bodies[i].y}`);
}

function sums(): void {
  const values = new Int32Array(1024);
  let seed: u32 = 42;
  for (let i = 0; i < values.length; i++) {
    seed = seed * 1664525 + 1013904223;
    values[i] = <i32>(seed >> 8) - (1 << 23);
  }
  let lanes = i32x4.splat(0);
  for (let i = 0; i < values.length; i += 4) {
    lanes = i32x4.add(lanes, v128.load(values.dataStart + (<usize>i << 2)));
  }
  const sum = i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3);
  values.sort();
  print(`simd sum ${sum}, smallest ${values[0]}, median ${values[512]}`);
}

function words(): void {
  const counts = new Map<string, i32>();
  const text = "to be or not to be that is the question whether tis nobler in the mind to suffer";
  const list = text.split(" ");
  for (let i = 0; i < list.length; i++) {
    counts.set(list[i], (counts.has(list[i]) ? counts.get(list[i]) : 0) + 1);
  }
  const keys = counts.keys().sort();
  let line = "";
  for (let i = 0; i < keys.length; i++) {
    if (counts.get(keys[i]) > 1) line += `${keys[i]}=${counts.get(keys[i])} `;
  }
  print(line + `of ${keys.length}`);
}

const given = args();
print(`args ${given.slice(1).join(",")}`);
glider();
orbits();
sums();
words();
const before = monotonic();
const bits = randomBits(4096);
print(`random ${bits > 15000 && bits < 18000}, clock ${monotonic() >= before}`);
exit(given.length);
