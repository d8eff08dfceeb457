// outcome.mjs - reads the transcript of outcome.c, does the same in the JavaScript engine that
// runs this, and writes its own transcript in the same form. See outcome.c for the lines.
import { readFileSync } from 'node:fs';

const out = [];
const say = (...words) => out.push(words.join(' '));

class Extern {
    constructor(number) { this.number = number; }
}
const externs = Array.from({ length: 16 }, (_, i) => new Extern(i));

// Bits of floats and 64-bit integers.
const view = new DataView(new ArrayBuffer(8));
const hex = (value) => value.toString(16);

const writers = {
    i32: (v) => `i32:${hex(v >>> 0)}`,
    i64: (v) => `i64:${hex(BigInt.asUintN(64, v))}`,
    f32: (v) => (view.setFloat32(0, v), v !== v ? 'f32:nan' : `f32:${hex(view.getUint32(0))}`),
    f64: (v) => (view.setFloat64(0, v), v !== v ? 'f64:nan' : `f64:${hex(view.getBigUint64(0))}`),
};
function referenceWord(v) {
    if (v === null) return 'null';
    if (typeof v === 'number') return `i31:${v}`;
    if (v instanceof Extern) return `extern:${v.number}`;
    if (typeof v === 'function') return 'func';
    return v === undefined ? 'undefined' : 'ref';
}
const write = (type, v) => (writers[type] ?? referenceWord)(v);

const readers = {
    i32: (bits) => parseInt(bits, 16) | 0,
    i64: (bits) => BigInt.asIntN(64, BigInt(`0x${bits}`)),
    f32: (bits) => bits === 'nan' ? NaN : (view.setUint32(0, parseInt(bits, 16)), view.getFloat32(0)),
    f64: (bits) => bits === 'nan' ? NaN
        : (view.setBigUint64(0, BigInt(`0x${bits}`)), view.getFloat64(0)),
    i31: (number) => parseInt(number, 10),
    extern: (number) => externs[parseInt(number, 10)],
};
function read(word) {
    if (word === 'null') return null;
    const [type, rest] = word.split(':');
    return readers[type](rest);
}

const types = (word) => word === '-' ? [] : word.split(',');
const zero = (type) => ({ i32: 0, i64: 0n, f32: 0, f64: 0 })[type] ?? null;

function importFunc(index, params, results) {
    const paramTypes = types(params), zeros = types(results).map(zero);
    return (...args) => {
        say('log', index, ...args.map((v, i) => write(paramTypes[i], v)));
        return zeros.length > 1 ? zeros : zeros[0];
    };
}
function limits(min, max, bits, shared) {
    const number = (n) => bits === '64' ? BigInt(n) : Number(n);
    const l = { initial: number(min) };
    if (max !== '-') l.maximum = number(max);
    if (bits === '64') l.address = 'i64';
    if (shared) l.shared = true;
    return l;
}
const importers = {
    func: importFunc,
    tag: (_, params) => new WebAssembly.Tag({ parameters: types(params) }),
    global: (_, value, mut) => {
        const v = value === 'externref' ? externs[7] : zero(value);
        return mut === 'mut' ? new WebAssembly.Global({ value, mutable: true }, v) : v;
    },
    memory: (_, ...l) => new WebAssembly.Memory(limits(...l)),
    table: (_, min, max, bits, element) =>
        new WebAssembly.Table({ element, ...limits(min, max, bits) }, null),
};

const traps = [
    [/unreachable/, 'unreachable'], [/memory access|data segment/, 'memory'],
    [/table index|element segment|table access|table element/, 'table'],
    [/null function|signature mismatch/, 'signature'],
    [/divide by zero|remainder by zero/, 'zero'], [/unrepresentable/, 'number'],
    [/null pointer|null value|null reference/, 'null'],
    [/illegal cast/, 'cast'],
    [/array element/, 'array'],
    [/unaligned/, 'unaligned'],
    [/Atomics.wait cannot/, 'shared'],
];
// What is left of the module can't be compared: V8 has limits of its own.
class GivenUp extends Error {}

function outcomeOf(error) {
    if (/new array is too large|call stack size exceeded/.test(error.message)) throw new GivenUp();
    if (error instanceof WebAssembly.Exception) return 'exception';
    if (error instanceof WebAssembly.LinkError) return `link ${error.message}`;
    if (error instanceof WebAssembly.RuntimeError) {
        const found = traps.find(([pattern]) => pattern.test(error.message));
        if (found) return `trap ${found[1]}`;
    }
    return `error ${error}`;
}

// V8 has another order of looking for what is wrong with array.copy (a null source, then an index
// out of the target), array.init_data and array.init_elem (an index out of the array, then one out
// of the segment), and with atomic accesses that are neither aligned nor inside the memory. The
// specification has Nacre's; a trap is a trap.
const otherOrder = new Set(['trap null > trap array', 'trap array > trap memory',
    'trap array > trap table', 'trap memory > trap unaligned']);
function outcomeLike(words, error) {
    const theirs = words.join(' '), ours = outcomeOf(error);
    return otherOrder.has(`${theirs} > ${ours}`) ? theirs : ours;
}

function hashOf(memory) {
    const words = new Uint32Array(memory.buffer);
    let h = 0x811C9DC5;
    for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words[i], 0x01000193);
    return hex(h >>> 0);
}

// The state of one module; its methods take the words of a line.
class Run {
    imports = {};
    load() {
        try {
            this.module = new WebAssembly.Module(readFileSync(this.path));
            say('load ok');
        } catch (error) {
            say('load invalid');
            if (!(error instanceof WebAssembly.CompileError)) throw error;
        }
    }
    import(index, kind, ...words) {
        const { module, name } = WebAssembly.Module.imports(this.module)[index];
        say('import', index, kind, ...words);
        (this.imports[module] ??= {})[name] = importers[kind](index, ...words);
    }
    start(...words) {
        try {
            this.instance = new WebAssembly.Instance(this.module, this.imports);
            this.exports = WebAssembly.Module.exports(this.module)
                .map(({ name }) => this.instance.exports[name]);
            say('start ok');
        } catch (error) {
            say('start', outcomeLike(words, error));
        }
    }
    call(index, ...words) {
        const equals = words.indexOf('=');
        const args = words.slice(0, equals), resultTypes = words.slice(equals + 2);
        const line = ['call', index, ...args, '='];
        try {
            let results = this.exports[index](...args.map(read));
            if (resultTypes.length === 0 && results === undefined) results = [];
            else if (resultTypes.length === 1 || !Array.isArray(results)) results = [results];
            say(...line, 'ok', ...results.map((v, i) =>
                write((resultTypes[i] ?? '').split(':')[0], v)));
        } catch (error) {
            say(...line, outcomeLike(words.slice(equals + 1), error));
        }
    }
    memory(index) {
        const memory = this.exports[index];
        say('memory', index, memory.buffer.byteLength, hashOf(memory));
    }
    global(index, word) {
        say('global', index, write(word.split(':')[0], this.exports[index].value));
    }
    table(index, size, ...words) {
        const table = this.exports[index], values = [];
        const is64 = typeof table.length === 'bigint';
        for (let i = 0; i < words.length && i < table.length; i++)
            values.push(referenceWord(table.get(is64 ? BigInt(i) : i)));
        say('table', index, table.length, ...values);
    }
}

let run, logs = []; // lines of the other transcript that stand before the next
for (const line of readFileSync(0, 'utf8').split('\n')) {
    const [verb, ...words] = line.split(' ');
    if (verb === 'module') {
        run = new Run();
        run.path = words[0];
        say(line);
    } else if (verb === 'skip' || words.at(-1) === 'stop' || run?.givenUp) {
        if (line !== '') say(line);
    } else if (verb === 'log') {
        logs.push(line);
        continue;
    } else if (verb !== '') {
        const mark = out.length;
        try {
            run[verb](...words);
        } catch (error) {
            run.givenUp = error instanceof GivenUp;
            if (run.givenUp) out.splice(mark, Infinity, ...logs, line);
            else say(verb, words[0], `error ${error}`); // they do not agree on what there is
        }
    }
    logs = [];
}
process.stdout.write(out.map((line) => `${line}\n`).join(''));
