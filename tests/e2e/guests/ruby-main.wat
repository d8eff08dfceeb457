;; ruby-main.wat - a command around the Ruby of npm's @ruby/3.4-wasm-wasi.
;;
;; That module is a library for a JavaScript host: it exports functions in an early canonical
;; ABI and has no _start. This program works in Ruby's own memory: it hands its WASI arguments
;; to ruby-init, then evaluates a line that loads the script named by the first of them, and
;; exits with the script's status.
(module
  (import "ruby" "memory" (memory 0))
  (import "ruby" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "ruby" "ruby-init: func(args: list<string>) -> ()" (func $ruby_init (param i32 i32)))
  (import "ruby"
    "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    (func $eval (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (export "memory" (memory 0))

  ;; "-e0" keeps ruby-init from reading a script from standard input.
  (data $flags "-EUTF-8\00" "-e0\00" "--\00")
  (data $load
    "begin; load ARGV.shift; exit_status = 0\n"
    "rescue SystemExit => e; exit_status = e.status\n"
    "rescue Exception => e; $stderr.puts e.full_message(highlight: false); exit_status = 1\n"
    "end\n"
    "$stdout.flush; $stderr.flush; Process.exit!(exit_status)\n")

  (func $alloc (param $size i32) (result i32)
    (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $size)))

  ;; Writes one entry of a list<string>; ruby-init wants the NUL in it. The callee frees the copy.
  (func $set (param $entry i32) (param $text i32)
    (local $copy i32) (local $size i32)
    (loop $next
      (local.set $size (i32.add (local.get $size) (i32.const 1)))
      (br_if $next
        (i32.load8_u
          (i32.sub (i32.add (local.get $text) (local.get $size)) (i32.const 1)))))
    (local.set $copy (call $alloc (local.get $size)))
    (memory.copy (local.get $copy) (local.get $text) (local.get $size))
    (i32.store (local.get $entry) (local.get $copy))
    (i32.store offset=4 (local.get $entry) (local.get $size)))

  ;; The arguments for ruby-init: our name, the two flags, "--", then ours.
  (func $init
    (local $sizes i32) (local $count i32) (local $table i32) (local $list i32) (local $i i32)
    (local $entry i32) (local $text i32)
    (local.set $sizes (call $alloc (i32.const 16)))
    (drop (call $args_sizes_get (local.get $sizes)
      (i32.add (local.get $sizes) (i32.const 4))))
    (local.set $count (i32.load (local.get $sizes)))
    (local.set $table (call $alloc (i32.mul (local.get $count) (i32.const 4))))
    (drop (call $args_get (local.get $table)
      (call $alloc (i32.load offset=4 (local.get $sizes)))))
    (local.set $list
      (call $alloc (i32.mul (i32.add (local.get $count) (i32.const 3)) (i32.const 8))))
    (local.set $entry (local.get $list))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (local.set $text
          (i32.load (i32.add (local.get $table) (i32.mul (local.get $i) (i32.const 4)))))
        (call $set (local.get $entry) (local.get $text))
        (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
        (if (i32.eqz (local.get $i))
          (then
            (local.set $text (call $alloc (i32.const 16)))
            (memory.init $flags (local.get $text) (i32.const 0) (i32.const 15))
            (call $set (local.get $entry) (local.get $text))
            (call $set (i32.add (local.get $entry) (i32.const 8))
              (i32.add (local.get $text) (i32.const 8)))
            (call $set (i32.add (local.get $entry) (i32.const 16))
              (i32.add (local.get $text) (i32.const 12)))
            (local.set $entry (i32.add (local.get $entry) (i32.const 24)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (call $ruby_init (local.get $list) (i32.add (local.get $count) (i32.const 3))))

  (func (export "_start")
    (local $text i32)
    (call $init)
    (local.set $text (call $alloc (i32.const 512)))
    (memory.init $load (local.get $text) (i32.const 0) (i32.const 234))
    ;; Evaluating ends in an exit; coming back means that the line itself failed.
    (drop (call $eval (local.get $text) (i32.const 234)))
    (call $proc_exit (i32.const 70))))
