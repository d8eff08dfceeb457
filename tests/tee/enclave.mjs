// enclave.mjs - measures a signed enclave's file and checks its signature, by nothing but the
// layouts of the manual and of tee/sgx/image.h: shares no code with Nacre.
//
//   node enclave.mjs FILE            prints mrenclave, mrsigner, date; fails if anything is wrong
//   node enclave.mjs --key KIND FILE makes a key with OpenSSL: pkcs1, pkcs8, or one that is no
//                                    key for enclaves: short, exponent, ec, password
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const PAGE = 4096;
const assert = (condition, what) => {
    if (condition) return;
    console.error(`enclave.mjs: ${what}`);
    process.exit(1);
};

function makeKey(kind, path) {
    const rsa = { modulusLength: 3072, publicExponent: 3 };
    const pkcs1 = { type: 'pkcs1', format: 'pem' };
    const pkcs8 = { type: 'pkcs8', format: 'pem' };
    const kinds = {
        pkcs1: ['rsa', rsa, pkcs1],
        pkcs8: ['rsa', rsa, pkcs8],
        short: ['rsa', { ...rsa, modulusLength: 2048 }, pkcs8],
        exponent: ['rsa', { ...rsa, publicExponent: 65537 }, pkcs8],
        ec: ['ec', { namedCurve: 'P-384' }, pkcs8],
        password: ['rsa', rsa, { ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'secret' }],
    };
    const [type, options, privateKeyEncoding] = kinds[kind];
    const { privateKey } = generateKeyPairSync(type, { ...options, privateKeyEncoding,
        publicKeyEncoding: { type: 'spki', format: 'pem' } });
    writeFileSync(path, privateKey);
}

// --- The file ---

const u32 = (bytes, at) => bytes.readUInt32LE(at);
const u64 = (bytes, at) => Number(bytes.readBigUInt64LE(at));
const up = (size) => Math.ceil(size / PAGE) * PAGE;

function readConfig(c) {
    const config = {
        version: u32(c, 0), threads: u32(c, 4), stack: u64(c, 8), heap: u64(c, 16),
        heapMax: u64(c, 24), size: u64(c, 32), threadsAt: u64(c, 40), heapAt: u64(c, 48),
        baked: [],
    };
    for (let i = 0; i < u32(c, 56); i++) {
        const at = 64 + 16 * 8 + i * 32;
        config.baked.push({ offset: u64(c, at), size: u64(c, at + 8), codeAt: u64(c, at + 16),
            codeSize: u64(c, at + 24) });
    }
    return config;
}

// Two notes, told apart by their size: the name and the types are for those who trust nobody.
function readFile(path) {
    const file = readFileSync(path);
    const found = { file, entry: u64(file, 24), loads: [] };
    const table = u64(file, 32);
    for (let i = 0; i < file.readUInt16LE(56); i++) {
        const at = table + i * 56;
        const s = { type: u32(file, at), flags: u32(file, at + 4), from: u64(file, at + 8),
            address: u64(file, at + 16), fileSize: u64(file, at + 32), size: u64(file, at + 40) };
        if (s.type === 1) found.loads.push(s);
        if (s.type !== 4) continue;
        const size = u32(file, s.from + 4);
        const content = file.subarray(s.from + s.fileSize - size, s.from + s.fileSize);
        if (size === 64 + 16 * 8 + 64 * 32 + 40) found.config = readConfig(content);
        if (size === 1808 + 8) found.signature = content;
    }
    assert(found.config && found.signature, 'no notes');
    return found;
}

// --- MRENCLAVE ---

const R = 1, W = 2, X = 4, TCS = 0x100, REG = 0x200;

function record(name, at8, at16) {
    const bytes = Buffer.alloc(64);
    bytes.write(name, 'latin1');
    bytes.writeBigUInt64LE(BigInt(at8), 8);
    bytes.writeBigUInt64LE(BigInt(at16), 16);
    return bytes;
}

function measure({ file, entry, loads, config, signature }) {
    const hash = createHash('sha256');
    const create = Buffer.alloc(64);
    create.write('ECREATE');
    create.writeUInt32LE(1, 8);
    create.writeBigUInt64LE(BigInt(config.size), 12);
    hash.update(create);
    let last = -1;
    const page = (offset, flags, bytes) => {
        assert(offset > last && offset < config.size, 'pages are not in their order');
        last = offset;
        hash.update(record('EADD', offset, flags));
        for (let part = 0; bytes && part < PAGE; part += 256) {
            hash.update(record('EEXTEND', offset + part, 0));
            hash.update(bytes.subarray(part, part + 256));
        }
    };
    const part = (from, size) => {
        const bytes = Buffer.alloc(PAGE);
        file.copy(bytes, 0, from, from + Math.min(PAGE, size));
        return bytes;
    };
    for (const s of loads)
        for (let at = 0; at < s.size; at += PAGE) {
            const flags = (s.flags & 4 ? R : 0) | (s.flags & 2 ? W : 0) | (s.flags & 1 ? X : 0);
            page(s.address + at, REG | flags,
                s.fileSize > at ? part(s.from + at, s.fileSize - at) : Buffer.alloc(PAGE));
        }
    let from = u64(signature, 1808);
    for (const b of config.baked) {
        for (let at = 0; at < b.size; at += PAGE) {
            const isCode = at >= b.codeAt && at < b.codeAt + b.codeSize;
            page(b.offset + at, REG | R | (isCode ? X : 0), part(from + at, PAGE));
        }
        from += up(b.size);
    }
    for (let i = 0; i < config.threads; i++) {
        const at = config.threadsAt + i * (config.stack + 7 * PAGE);
        for (let n = 0; n < config.stack; n += PAGE) page(at + PAGE + n, REG | R | W);
        const blockAt = at + config.stack + 3 * PAGE;
        page(blockAt - PAGE, REG | R | W);
        const block = Buffer.alloc(PAGE);
        block.writeBigUInt64LE(BigInt(at + PAGE + config.stack), 32);
        block.writeBigUInt64LE(BigInt(blockAt), 48);
        block.writeBigUInt64LE(BigInt(blockAt + PAGE), 56);
        block.writeBigUInt64LE(BigInt(i), 64);
        page(blockAt, REG | R | W, block);
        page(blockAt + PAGE, REG | R | W);
        page(blockAt + 2 * PAGE, REG | R | W);
        const tcs = Buffer.alloc(PAGE);
        tcs.writeBigUInt64LE(BigInt(blockAt + PAGE), 16);
        tcs.writeUInt32LE(2, 28);
        tcs.writeBigUInt64LE(BigInt(entry), 32);
        tcs.writeBigUInt64LE(BigInt(blockAt), 48);
        tcs.writeBigUInt64LE(BigInt(blockAt), 56);
        tcs.writeUInt32LE(4095, 64);
        tcs.writeUInt32LE(4095, 68);
        page(blockAt + 3 * PAGE, TCS, tcs);
    }
    for (let n = 0; n < config.heap; n += PAGE) page(config.heapAt + n, REG | R | W);
    return hash.digest();
}

// --- SIGSTRUCT ---

const bigEndian = (bytes) => Buffer.from(bytes).reverse();
const number = (bytes) => BigInt('0x' + bigEndian(bytes).toString('hex'));

function checkSignature(s, mrenclave) {
    const hex = (from, to) => s.subarray(from, to).toString('hex');
    const zeros = (from, to) => assert(s.subarray(from, to).every((b) => b === 0),
        `bytes ${from} to ${to} are not zero`);
    assert(hex(0, 16) === '06000000e10000000000010000000000', 'header');
    assert(hex(24, 40) === '01010000600000006000000001000000', 'second header');
    zeros(16, 20); // vendor
    zeros(40, 128);
    assert(u32(s, 512) === 3, 'exponent');
    zeros(900, 904); // MISCSELECT
    zeros(908, 928);
    assert((s[928] & ~2) === 4 && hex(929, 944) === '00000000000000' + '0700000000000000', 'attributes');
    assert(hex(944, 960) === 'feffffffffffffff' + '1bffffffffffffff', 'masks of attributes');
    assert(s.subarray(960, 992).equals(mrenclave), 'the hash is not that of the file');
    zeros(992, 1024);
    zeros(1028, 1040);
    const message = Buffer.concat([s.subarray(0, 128), s.subarray(900, 1028)]);
    const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', e: 'Aw',
        n: bigEndian(s.subarray(128, 512)).toString('base64url') } });
    assert(verify('sha256', message, key, bigEndian(s.subarray(516, 900))), 'signature');
    const m = number(s.subarray(128, 512)), sig = number(s.subarray(516, 900));
    assert(m >> 3071n === 1n, 'the modulus has no 3072 bits');
    const q1 = sig ** 2n / m;
    assert(number(s.subarray(1040, 1424)) === q1, 'q1');
    assert(number(s.subarray(1424, 1808)) === (sig ** 3n - q1 * sig * m) / m, 'q2');
}

const [first, second, third] = process.argv.slice(2);
if (first === '--key') {
    makeKey(second, third);
} else {
    const found = readFile(first);
    const mrenclave = measure(found);
    const s = found.signature.subarray(0, 1808);
    checkSignature(s, mrenclave);
    console.log(`mrenclave: ${mrenclave.toString('hex')}`);
    console.log(`mrsigner: ${createHash('sha256').update(s.subarray(128, 512)).digest('hex')}`);
    console.log(`date: ${u32(s, 20).toString(16)}`);
}
