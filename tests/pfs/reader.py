#!/usr/bin/env python3
"""A reader of volumes of protected files, which knows docs/pfs.md and nothing else of them.

    reader.py check KEY VOLUME             reads everything, and says what there is
    reader.py list KEY VOLUME              every file, directory and link
    reader.py extract KEY VOLUME FOLDER    writes them into a new folder
    reader.py blocks KEY VOLUME            what each block of the volume is

KEY is a key file, of the volume or a recipient's secret one, or passphrase:FILE. VOLUME is the host's
file (nacre.pfs). Each of them reads and checks all of the volume
before anything else: the exit status is 1, and nothing was written, when there is something wrong.
"""
import hashlib
import hmac
import os
import struct
import sys
from collections import namedtuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BLOCK = 4096
HEADERS, ROOTS, FIRST = (0, 3), (1, 2), 4
TABLE, MAP, TOP = 0, 1, 2  # numbers of objects; TOP is the first directory
FREE, DIRECTORY, FILE, LINK = 0, 3, 4, 7
TYPES = {DIRECTORY: 'directory', FILE: 'file', LINK: 'link'}
SYNCED, ORPHAN = 1, 1
KEY_FILE, PASSPHRASE, RECIPIENT = 1, 2, 4  # kinds of key slots
KEY_LINES = {'nacre pfs key 1': KEY_FILE, 'nacre recipient secret key 1': RECIPIENT}
HEIGHT_MAX = LEVEL_MAX = 8
COMMIT_MAX = 256
ZONE = 8 * BLOCK

Pointer = namedtuple('Pointer', 'block nonce tag')
Object = namedtuple('Object', 'number cipher height pointer')
Root = namedtuple('Root', 'sequence blocks free first behind flags count free_inode orphan '
                          'spares name_key table map')
Inode = namedtuple('Inode', 'type flags parent size accessed modified next blocks object')


class Damaged(Exception):
    """What is wrong, for people."""


def need(condition, text):
    if not condition:
        raise Damaged(text)


def zero(data, text):
    need(not any(data), text + ': bytes that have to be zero are not')


def u16(data, at):
    return struct.unpack_from('<H', data, at)[0]


def u32(data, at):
    return struct.unpack_from('<I', data, at)[0]


def u64(data, at):
    return struct.unpack_from('<Q', data, at)[0]


# --- Algorithms ---

def derive(volume_key, text):
    return hmac.new(volume_key, text, hashlib.sha256).digest()


def decrypt(cipher, nonce, tag, sealed, extra):
    """None: it is not what was encrypted."""
    try:
        return cipher.decrypt(nonce, sealed + tag, extra)
    except InvalidTag:
        return None


def siphash(key, data):
    mask = (1 << 64) - 1

    def rounds(v, count):
        v0, v1, v2, v3 = v
        for _ in range(count):
            v0 = v0 + v1 & mask
            v1 = (v1 << 13 | v1 >> 51) & mask ^ v0
            v0 = (v0 << 32 | v0 >> 32) & mask
            v2 = v2 + v3 & mask
            v3 = (v3 << 16 | v3 >> 48) & mask ^ v2
            v0 = v0 + v3 & mask
            v3 = (v3 << 21 | v3 >> 43) & mask ^ v0
            v2 = v2 + v1 & mask
            v1 = (v1 << 17 | v1 >> 47) & mask ^ v2
            v2 = (v2 << 32 | v2 >> 32) & mask
        return v0, v1, v2, v3

    k0, k1 = struct.unpack('<QQ', key)
    v = (k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
         k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573)
    whole = len(data) // 8 * 8
    words = [u64(data, at) for at in range(0, whole, 8)]
    words.append(int.from_bytes(data[whole:], 'little') | (len(data) & 255) << 56)
    for word in words:
        v0, v1, v2, v3 = rounds((v[0], v[1], v[2], v[3] ^ word), 2)
        v = (v0 ^ word, v1, v2, v3)
    v0, v1, v2, v3 = rounds((v[0], v[1], v[2] ^ 255, v[3]), 4)
    return v0 ^ v1 ^ v2 ^ v3


# --- Keys ---

def read_key(path):
    """The kind of its slots, and its bytes."""
    if path.startswith('passphrase:'):
        with open(path.split(':', 1)[1], 'rb') as file:
            phrase = file.read()
        return PASSPHRASE, phrase[:-1] if phrase.endswith(b'\n') else phrase
    with open(path, encoding='ascii') as file:
        lines = file.read().split('\n')
    need(len(lines) == 3 and lines[0] in KEY_LINES and len(lines[1]) == 64 and not lines[2],
         path + ': this is no key file')
    return KEY_LINES[lines[0]], bytes.fromhex(lines[1])


def argon2id(phrase, slot):
    passes, memory = u32(slot, 4), u32(slot, 8)
    if slot[1] != 1 or not 1 <= passes <= 16 or not 8192 <= memory <= 1 << 20:
        return None
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # not in older versions
    return Argon2id(salt=slot[16:32], length=32, iterations=passes, lanes=1,
                    memory_cost=memory).derive(phrase)


def hpke(secret, enc, info):
    """Key and nonce of the first message: RFC 9180, sections 4.1 and 5.1."""
    kem, suite = b'KEM\x00\x20', b'HPKE\x00\x20\x00\x01\x00\x02'

    def extract(salt, which, label, ikm):
        return derive(salt, b'HPKE-v1' + which + label + ikm)

    def expand(prk, which, label, text, size):
        labeled = struct.pack('>H', size) + b'HPKE-v1' + which + label + text
        return derive(prk, labeled + b'\x01')[:size]

    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = expand(extract(b'', kem, b'eae_prk',
                            secret.exchange(X25519PublicKey.from_public_bytes(enc))),
                    kem, b'shared_secret', enc + public, 32)
    context = (b'\x00' + extract(b'', suite, b'psk_id_hash', b'') +
               extract(b'', suite, b'info_hash', info))
    final = extract(shared, suite, b'secret', b'')
    return (expand(final, suite, b'key', context, 32),
            expand(final, suite, b'base_nonce', context, 12))


def slot_key(key, slot):
    """What the keys in a slot are encrypted with; None: it is for another key."""
    kind, secret = key
    if slot[0] != kind:
        return None
    if kind == KEY_FILE:
        return secret, slot[64:76]
    if kind == PASSPHRASE:
        derived = argon2id(secret, slot)
        return derived and (derived, slot[64:76])
    secret = X25519PrivateKey.from_private_bytes(secret)
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    if hashlib.sha256(public).digest()[:16] != slot[16:32]:
        return None
    try:
        return hpke(secret, slot[32:64], b'nacre pfs 1 recipient')
    except ValueError:  # a point that gives a key which everybody knows
        return None


# What is zero in a slot, by its kind.
SLOT_ZEROS = {KEY_FILE: ((1, 64), (76, 80), (160, 448)),
              PASSPHRASE: ((2, 4), (12, 16), (32, 64), (76, 80), (160, 448)),
              RECIPIENT: ((1, 16), (64, 80), (160, 448))}


# --- What is in a block ---

def read_pointer(data, at, text):
    block = u32(data, at)
    if not block:
        zero(data[at:at + 32], text)
        return None
    return Pointer(block, bytes(data[at + 4:at + 16]), bytes(data[at + 16:at + 32]))


def read_root(data, meta):
    spares = [u32(data, 64 + 4 * i) for i in range(8)]
    root = Root(sequence=u64(data, 0), blocks=u32(data, 8), free=u32(data, 12),
                first=int.from_bytes(data[16:28], 'little'),
                behind=int.from_bytes(data[28:40], 'little'),
                flags=u32(data, 40), count=u32(data, 48), free_inode=u32(data, 52),
                orphan=u32(data, 56), spares=[block for block in spares if block],
                name_key=bytes(data[96:112]),
                table=Object(TABLE, meta, data[44], read_pointer(data, 112, 'the root')),
                map=Object(MAP, meta, data[45], read_pointer(data, 144, 'the root')))
    for start, end in (46, 48), (60, 64), (176, 480):
        zero(data[start:end], 'the root')
    need(root.blocks >= FIRST and root.free <= root.blocks - FIRST and
         root.flags <= SYNCED and max(data[44], data[45]) <= HEIGHT_MAX and
         root.count > TOP and root.free_inode < root.count and root.orphan < root.count and
         all(FIRST <= block < root.blocks for block in root.spares), 'a root that can not be')
    return root


def read_inode(data, number):
    """None: it is free, or never was one; then the next one comes with it."""
    text = 'inode %d' % number
    kind, height, flags = data[0], data[1], u16(data, 2)
    if kind == FREE:
        zero(data[:40] + data[44:], text)
        return None, u32(data, 40)
    inode = Inode(kind, flags, u32(data, 4), u64(data, 8), u64(data, 16), u64(data, 24),
                  u32(data, 40), u32(data, 44),
                  Object(number, AESGCM(bytes(data[48:80])), height,
                         read_pointer(data, 80, text)))
    zero(data[112:], text)
    need(kind in TYPES and height <= HEIGHT_MAX and flags <= ORPHAN and inode.size < 1 << 63 and
         (kind == DIRECTORY or not inode.parent and not inode.blocks) and
         (kind != LINK or 0 < inode.size < BLOCK) and
         (flags & ORPHAN or not inode.next), text + ' can not be')
    return inode, None


# --- A volume ---

class Volume:
    def __init__(self, path, key):
        self.file = open(path, 'rb')
        self.open_root(self.open_header(key))
        self.uses = {}  # of blocks: what they are
        self.names = {}  # of inodes: (directory, name)
        self.entries = {}  # of directories: [(name, inode)]
        self.inodes = {}

    def block(self, number):
        self.file.seek(number * BLOCK)
        data = self.file.read(BLOCK)
        need(len(data) == BLOCK, 'the volume is cut short: block %d' % number)
        return data

    # Opening, step 1: the header.

    def try_header(self, header, key):
        """The generation, the volume's keys and what all is bound to; None: no slot opens."""
        need(header[:8] == b'nacrepfs' and u16(header, 8) == 1 and u16(header, 10) == 1,
             'this is no volume of version 1, or it is damaged')
        zero(header[32:64] + header[3648:4064], 'the header')
        bound = header[:12] + header[16:32]
        for i in range(8):
            slot = header[64 + 448 * i:64 + 448 * (i + 1)]
            wrapping = slot_key(key, slot)
            keys = wrapping and decrypt(AESGCM(wrapping[0]), wrapping[1], slot[80:96],
                                        slot[96:160], bound + struct.pack('<I', i) + slot[:64])
            if not keys:
                continue
            mac = derive(derive(keys[:32], b'nacre pfs 1 header'), header[:4064])
            need(hmac.compare_digest(mac, header[4064:]), 'the header was changed')
            for start, end in SLOT_ZEROS[slot[0]]:
                zero(slot[start:end], 'a key slot')
            return u32(header, 12), [keys[:32]] + ([keys[32:]] if any(keys[32:]) else []), bound
        return None

    def open_header(self, key):
        found, problems = [], []
        for number in HEADERS:
            try:
                opened = self.try_header(self.block(number), key)
                if opened:
                    found.append(opened)
                else:
                    problems.append('the key does not open it')
            except Damaged as damaged:
                problems.append(str(damaged))
        need(found, ' / '.join(problems))
        _, volume_keys, self.bound = max(found, key=lambda one: one[0])
        return volume_keys

    # Steps 2 to 4: the root.

    def try_root(self, block, volume_keys):
        data = self.block(block)
        zero(data[28:32], 'a root')
        for volume_key in volume_keys:
            root_key = AESGCM(derive(volume_key, b'nacre pfs 1 root'))
            plain = decrypt(root_key, data[:12], data[12:28], data[32:512], self.bound)
            if plain is not None:
                return read_root(plain, AESGCM(derive(volume_key, b'nacre pfs 1 meta')))
        raise Damaged('a root is torn or was changed')

    def open_root(self, volume_keys):
        candidates, problems = [], []
        for block in ROOTS:
            try:
                candidates.append(self.try_root(block, volume_keys))
            except Damaged as damaged:
                problems.append(str(damaged))
        for root in sorted(candidates, key=lambda one: -one.sequence):
            self.root = root
            try:
                self.look_at_commit()
                return
            except Damaged as damaged:
                problems.append(str(damaged))
        raise Damaged('no state is whole: ' + ' / '.join(problems))

    def look_at_commit(self):
        """Are the blocks there that were written for this root?"""
        if self.root.flags & SYNCED:
            return
        count = 0
        objects = [self.root.table, self.root.map]
        while objects:
            current = objects.pop()
            for level, index, _, plain in self.walk(current, self.is_of_commit):
                count += 1
                need(count <= COMMIT_MAX, 'more blocks than a commit has')
                if level == 0 and current.number == TABLE:
                    objects += [inode.object for inode in self.read_inodes(index, plain)
                                if inode]

    def is_of_commit(self, pointer):
        return self.root.first <= int.from_bytes(pointer.nonce, 'little') < self.root.behind

    # Objects.

    def open_block(self, current, level, index, pointer):
        text = 'inode %d, level %d, block %d' % (current.number, level, index)
        need(FIRST <= pointer.block < self.root.blocks, text + ': no block of the volume')
        plain = decrypt(current.cipher, pointer.nonce, pointer.tag, self.block(pointer.block),
                        struct.pack('<IIQ', current.number, level, index))
        need(plain is not None, text + ': was changed or damaged')
        return plain

    def walk(self, current, wanted=lambda pointer: True):
        """(level, index, pointer, contents) of all blocks, those of level 0 in their order."""
        todo = [(current.height, 0, current.pointer)]
        while todo:
            level, index, pointer = todo.pop()
            if pointer is None or not wanted(pointer):
                continue
            plain = self.open_block(current, level, index, pointer)
            yield level, index, pointer, plain
            if level:
                text = 'inode %d, level %d, block %d' % (current.number, level, index)
                todo += [(level - 1, index * 128 + i, read_pointer(plain, 32 * i, text))
                         for i in reversed(range(128))]

    def contents(self, current):
        """All that it is made of, block by block, which counts as used."""
        kind = {TABLE: 'table', MAP: 'map'}.get(current.number)
        kind = kind or TYPES[self.inodes[current.number].type]
        for level, index, pointer, plain in self.walk(current):
            self.use(pointer.block, '%s %d level %d index %d' %
                     (kind, current.number, level, index))
            if level == 0:
                yield index, plain

    def use(self, block, text):
        need(block not in self.uses, 'block %d has two uses: %s, and %s' %
             (block, self.uses.get(block), text))
        self.uses[block] = text

    # Everything.

    def read_inodes(self, index, plain):
        """The inodes of a block of the table; None for those that are free."""
        for i in range(32):
            number = index * 32 + i
            if TOP <= number < self.root.count:
                yield read_inode(plain[128 * i:128 * (i + 1)], number)[0]

    def read_table(self):
        self.free = {number: 0 for number in range(TOP, self.root.count)}
        for index, plain in self.contents(self.root.table):
            for i in range(32):
                data, number = plain[128 * i:128 * (i + 1)], index * 32 + i
                if not TOP <= number < self.root.count:
                    zero(data, 'inode %d, that there is not' % number)
                    continue
                inode, following = read_inode(data, number)
                if inode:
                    self.inodes[number] = inode
                    del self.free[number]
                else:
                    self.free[number] = following

    def read_directory(self, number):
        inode, blocks = self.inodes[number], dict(self.contents(self.inodes[number].object))
        need(sorted(blocks) == list(range(inode.blocks)), 'directory %d has other blocks' % number)
        entries = []
        todo = [(0, None, 0, 1 << 63)] if inode.blocks else []  # block, level, hashes from, to
        while todo:
            index, level, least, behind = todo.pop()
            text = 'directory %d, block %d' % (number, index)
            need(index in blocks, text + ' is not there, or there twice')
            data = blocks.pop(index)
            need(data[0] in (1, 2) and (level is None or data[1] == level and
                                        data[0] == (2 if level else 1)), text + ' can not be')
            if data[0] == 2:
                todo += self.read_branch(data, least, behind, text)
            else:
                entries += self.read_leaf(data, number, least, behind, text)
        need(not blocks, 'directory %d has blocks that nothing leads to' % number)
        need(len(entries) == inode.size, 'directory %d has another number of names' % number)
        self.entries[number] = entries

    def read_branch(self, data, least, behind, text):
        level, count = data[1], u16(data, 2)
        need(0 < level <= LEVEL_MAX and 0 < count <= 340, text + ' can not be')
        zero(data[4:16] + data[16 + 12 * count:], text)
        hashes = [u64(data, 16 + 12 * i) for i in range(count)]
        # The first one takes what is below it, too.
        ends = hashes[1:] + [behind]
        starts = [least] + hashes[1:]
        need(hashes[0] >= least and all(a < b for a, b in zip(hashes, ends)),
             text + ': hashes do not rise')
        return [(u32(data, 16 + 12 * i + 8), level - 1, starts[i], ends[i])
                for i in reversed(range(count))]

    def read_leaf(self, data, number, least, behind, text):
        count, used = u16(data, 2), u16(data, 4)
        need(16 <= used <= BLOCK, text + ' can not be')
        zero(data[1:2] + data[6:16] + data[used:], text)
        at, entries = 16, []
        for _ in range(count):
            need(at + 14 <= used and at + 14 + data[at + 13] <= used, text + ' can not be')
            name = data[at + 14:at + 14 + data[at + 13]]
            need(u64(data, at) == siphash(self.root.name_key,
                                          struct.pack('<I', number) + name) >> 1,
                 text + ': the hash of a name is another')
            need(least <= u64(data, at) < behind, text + ': a name in the wrong place')
            need(name not in (b'', b'.', b'..') and b'/' not in name and b'\0' not in name,
                 text + ': no name')
            least = u64(data, at) + 1
            self.add_name(number, name, u32(data, at + 8), data[at + 12])
            entries.append((name, u32(data, at + 8)))
            at += 14 + len(name)
        need(at == used, text + ' can not be')
        return entries

    def add_name(self, directory, name, number, kind):
        inode = self.inodes.get(number)
        need(inode and inode.type == kind, 'a name of inode %d, which is another' % number)
        need(number != TOP and number not in self.names, 'inode %d has two names' % number)
        need(not inode.flags & ORPHAN, 'orphan %d has a name' % number)
        need(kind != DIRECTORY or inode.parent == directory,
             'directory %d is in another one' % number)
        self.names[number] = (directory, name)

    def read_file(self, number):
        inode = self.inodes[number]
        for index, plain in self.contents(inode.object):
            inside = inode.size - index * BLOCK
            need(inside > 0, 'inode %d has blocks behind its end' % number)
            zero(plain[inside:], 'inode %d, behind its end' % number)

    def check(self):
        for block in HEADERS:
            self.use(block, 'header')
        for block in ROOTS:
            self.use(block, 'root')
        for block in self.root.spares:
            self.use(block, 'spare')
        self.read_table()
        need(TOP in self.inodes and self.inodes[TOP].type == DIRECTORY and
             not self.inodes[TOP].flags and not self.inodes[TOP].parent,
             'there is no first directory')
        for number, inode in self.inodes.items():
            if inode.type == DIRECTORY:
                self.read_directory(number)
            else:
                self.read_file(number)
        self.check_lists()
        self.check_map()

    def check_lists(self):
        orphans = {number: inode.next for number, inode in self.inodes.items()
                   if inode.flags & ORPHAN}
        self.check_list('orphans', self.root.orphan, orphans)
        self.check_list('free inodes', self.root.free_inode, self.free)
        for number in self.inodes:
            need(number in self.names or number in orphans or number == TOP,
                 'inode %d has no name' % number)
        reached = sum(1 for _ in self.paths())
        need(reached + len(orphans) + 1 == len(self.inodes), 'a directory is in itself')
        self.orphans = orphans

    def check_list(self, text, first, following):
        left = dict(following)
        while first:
            need(first in left, 'inode %d is not of the list of %s' % (first, text))
            first = left.pop(first)
        need(not left, 'some %s are not in their list' % text)

    def check_map(self):
        # Its own blocks count as used when all of it was read.
        zones = dict(self.contents(self.root.map))
        free = 0
        for block in range(self.root.blocks):
            data = zones.get(block // ZONE)
            used = data is not None and data[block % ZONE // 8] >> block % 8 & 1
            need(bool(used) == (block in self.uses), 'block %d is %s, and the map says otherwise' %
                 (block, self.uses.get(block, 'free')))
            free += not used
        need(free == self.root.free, 'another number of free blocks')
        for zone, data in zones.items():
            bits = int.from_bytes(data, 'little')
            need(not bits >> max(0, min(ZONE, self.root.blocks - zone * ZONE)),
                 'the map has blocks that the volume has not')

    # What is in it.

    def paths(self):
        """(path, inode number), a directory before what is in it."""
        todo = [(b'', TOP)]
        while todo:
            above, directory = todo.pop()
            for name, number in sorted(self.entries[directory]):
                path = above + name
                yield path, number
                if self.inodes[number].type == DIRECTORY:
                    todo.append((path + b'/', number))

    def target(self, number):
        inode = self.inodes[number]
        for _, _, _, plain in self.walk(inode.object):
            return plain[:inode.size]
        raise Damaged('link %d has no target' % number)


# --- Commands ---

def show(name):
    """A name that can't be taken for something else."""
    return ''.join(c if c.isprintable() and c != '\\' else c.encode('unicode_escape').decode()
                   for c in name.decode('utf-8', 'backslashreplace'))


def command_check(volume):
    count = {kind: sum(1 for inode in volume.inodes.values() if inode.type == kind)
             for kind in TYPES}
    print('%d files, %d directories, %d links, %d orphans; %d of %d blocks are free; sequence %d' %
          (count[FILE], count[DIRECTORY], count[LINK], len(volume.orphans), volume.root.free,
           volume.root.blocks, volume.root.sequence))


def command_list(volume):
    for path, number in volume.paths():
        inode = volume.inodes[number]
        more = ' -> ' + show(volume.target(number)) if inode.type == LINK else ''
        print('%-9s %12d  %s%s' % (TYPES[inode.type], inode.size, show(path), more))


def command_blocks(volume):
    for block, use in sorted(volume.uses.items()):
        print(block, use)


def extract_file(volume, inode, path):
    with open(path, 'xb') as file:
        for level, index, _, plain in volume.walk(inode.object):
            if level == 0:
                file.seek(index * BLOCK)
                file.write(plain)
        file.truncate(inode.size)


def command_extract(volume, folder):
    os.mkdir(folder)
    times = [(folder, volume.inodes[TOP])]
    for path, number in volume.paths():
        inode, path = volume.inodes[number], os.path.join(os.fsencode(folder), path)
        if inode.type == DIRECTORY:
            os.mkdir(path)
        elif inode.type == LINK:
            os.symlink(volume.target(number), path)
        else:
            extract_file(volume, inode, path)
        times.append((path, inode))
    for path, inode in reversed(times):
        os.utime(path, ns=(inode.accessed, inode.modified), follow_symlinks=False)


COMMANDS = {'check': (command_check, 2), 'list': (command_list, 2),
            'blocks': (command_blocks, 2), 'extract': (command_extract, 3)}


def main(arguments):
    command, count = COMMANDS.get(arguments[0] if arguments else '', (None, 0))
    if not command or len(arguments) != count + 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        volume = Volume(arguments[2], read_key(arguments[1]))
        volume.check()
        command(volume, *arguments[3:])
    except (Damaged, OSError) as error:
        print('reader.py: %s: %s' % (arguments[2], error), file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
