// wasi.ts - the few functions of WASI 0.1 that life.ts needs, declared by hand.

@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: usize, written: usize): i32;
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, size: usize): i32;
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(table: usize, text: usize): i32;
@external("wasi_snapshot_preview1", "random_get")
declare function random_get(buffer: usize, size: usize): i32;
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: i32, precision: u64, time: usize): i32;
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(status: i32): void;

const scratch = memory.data(16);

export function write(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  let at = changetype<usize>(bytes);
  let left = <usize>bytes.byteLength;
  while (left > 0) {
    store<u32>(scratch, <u32>at, 0);
    store<u32>(scratch, <u32>left, 4);
    if (fd_write(fd, scratch, 1, scratch + 8) != 0) exit(71);
    const done = <usize>load<u32>(scratch, 8);
    at += done;
    left -= done;
  }
}

export function print(text: string): void {
  write(1, text + "\n");
}

export function args(): string[] {
  args_sizes_get(scratch, scratch + 4);
  const count = load<u32>(scratch, 0);
  const table = new ArrayBuffer(<i32>count * 4);
  const text = new ArrayBuffer(<i32>load<u32>(scratch, 4));
  args_get(changetype<usize>(table), changetype<usize>(text));
  const result: string[] = [];
  for (let i: u32 = 0; i < count; i++) {
    const at = <usize>load<u32>(changetype<usize>(table) + i * 4);
    result.push(String.UTF8.decodeUnsafe(at, <usize>text.byteLength, true));
  }
  return result;
}

export function monotonic(): u64 {
  clock_time_get(1, 1, scratch);
  return load<u64>(scratch);
}

// Bits that are set among `count` random bytes; about four for each.
export function randomBits(count: i32): i32 {
  const bytes = new Uint8Array(count);
  random_get(bytes.dataStart, <usize>count);
  let bits = 0;
  for (let i = 0; i < count; i++) bits += <i32>popcnt<u32>(bytes[i]);
  return bits;
}

export function exit(status: i32): void {
  proc_exit(status);
}
