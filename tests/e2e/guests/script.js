// Exercises much of the language: numbers, text, closures, classes, iterators, promises.
function* primes() {
    const found = [];
    for (let n = 2; ; n++) {
        if (found.every(p => n % p !== 0)) {
            found.push(n);
            yield n;
        }
    }
}
const first = [];
for (const p of primes()) {
    if (first.length === 200) break;
    first.push(p);
}
print('200th prime', first[199], 'sum', first.reduce((a, b) => a + b));

let factorial = 1n;
for (let i = 1n; i <= 40n; i++) factorial *= i;
print('40! =', factorial);

print([3.5, 1e21, 0.1 + 0.2, -0, NaN, 1 / 3].map(String).join(' '));
print((123.456).toFixed(1), (255).toString(16), parseFloat('1.5e3x'), Math.hypot(3, 4));

class Shape {
    #name;
    constructor(name) { this.#name = name; }
    get label() { return `${this.#name}: ${this.area().toFixed(3)}`; }
}
class Circle extends Shape {
    constructor(r) { super('circle'); this.r = r; }
    area() { return Math.PI * this.r ** 2; }
}
print(new Circle(2).label);

const text = 'The year 2026 and the year 1999: naïve café ☕';
print(text.replace(/(?<y>\d{4})/g, (m, y) => y - 1), text.normalize('NFD').length,
    text.match(/\p{L}+/gu).length);
print(JSON.stringify({ b: [1, { c: null }], a: new Map([[1, 2]]).size, d: 'q"\n' }));

const words = new Map();
for (const w of 'a b a c b a'.split(' ')) words.set(w, (words.get(w) ?? 0) + 1);
print([...words].sort((x, y) => y[1] - x[1]).map(([w, n]) => w + n).join());

try {
    null.x;
} catch (e) {
    print(e instanceof TypeError, e.name);
}
let state = 1;
const bytes = new Uint8Array(65536).map(() => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 16;
});
let checksum = 0;
for (const b of bytes) checksum = (checksum * 31 + b) >>> 0;
print('checksum', checksum);
print(new Date(Date.UTC(2026, 1, 29, 12)).toISOString());

(async () => {
    const values = await Promise.all([1, 2, 3].map(async x => x * 10));
    print('async', values, 'args', args.join('+'));
})();
