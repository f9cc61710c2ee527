;; Finds the end of a JSON string, 16 bytes at a time, and validates what lies before it.
;;
;; The body stands in memory from byte 16 on, and 128 zero bytes follow it. A zero is a control byte, so that a string
;; without an end is refused before memory ends. Which bytes are escaped is computed without looking at each backslash:
;; Langdale and Lemire, "Parsing Gigabytes of JSON per Second", section 3.1.1. Bit n of a mask stands for byte n.
(module
  (memory (export "memory") 1)

  ;; @param $at where the string begins, after its quote
  ;; @returns where its closing quote is; -1 when it has none or something in it is not allowed.
  ;; Byte 0 of memory is then 1 if the string has a backslash, byte 1 is 1 if it may have bytes above 0x7f.
  (func (export "scan") (param $at i32) (result i32)
    (local $bytes v128) (local $seen v128)
    (local $quotes i32) (local $backslashes i32) (local $codes i32)
    (local $escaped i32) (local $is_next_escaped i32) (local $any_escaped i32)
    (local $ends i32) (local $before i32) (local $doubtful i32)
    (loop $block
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $seen (v128.or (local.get $seen) (local.get $bytes)))
      (local.set $quotes (i8x16.bitmask (i8x16.eq (local.get $bytes)
        (v128.const i8x16 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22))))
      (local.set $backslashes (i8x16.bitmask (i8x16.eq (local.get $bytes)
        (v128.const i8x16 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c))))

      (local.set $escaped (local.get $is_next_escaped))
      (local.set $is_next_escaped (i32.const 0))
      (if (local.get $backslashes)
        (then
          ;; Bits of the backslashes that escape, and of the bytes after runs of them.
          (local.set $codes (i32.and (local.get $backslashes) (i32.xor (local.get $escaped) (i32.const -1))))
          (local.set $codes (i32.xor
            (i32.sub
              (i32.or (i32.shl (local.get $codes) (i32.const 1)) (i32.const 0xaaaaaaaa))
              (local.get $codes))
            (i32.const 0xaaaaaaaa)))
          (local.set $is_next_escaped
            (i32.and (i32.shr_u (i32.and (local.get $codes) (local.get $backslashes)) (i32.const 15)) (i32.const 1)))
          (local.set $escaped
            (i32.xor (local.get $codes) (i32.or (local.get $backslashes) (local.get $escaped))))))

      (local.set $ends (i32.and (local.get $quotes) (i32.xor (local.get $escaped) (i32.const -1))))
      ;; All bits below the first end; all bits when there is none.
      (local.set $before
        (i32.and (i32.sub (local.get $ends) (i32.const 1)) (i32.xor (local.get $ends) (i32.const -1))))

      ;; Control bytes.
      (if (i32.and (local.get $before) (i8x16.bitmask (i8x16.lt_u (local.get $bytes)
            (v128.const i8x16 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20 0x20))))
        (then (return (i32.const -1))))

      (local.set $escaped (i32.and (i32.and (local.get $escaped) (local.get $before)) (i32.const 0xffff)))
      (if (local.get $escaped)
        (then
          (local.set $any_escaped (i32.const 1))
          ;; What is neither a quote nor `r`, nor the one byte in `\\/bfnt` with the same low half, must be `u`.
          (local.set $doubtful (i32.and (local.get $escaped) (i32.xor (i32.const -1)
            (i32.or (local.get $quotes) (i8x16.bitmask (v128.or
              (i8x16.eq (local.get $bytes)
                (v128.const i8x16 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72 0x72))
              (i8x16.eq (local.get $bytes) (i8x16.swizzle
                (v128.const i8x16 0xff 0xff 0x62 0xff 0x74 0xff 0x66 0xff 0xff 0xff 0xff 0xff 0x5c 0xff 0x6e 0x2f)
                (v128.and (local.get $bytes)
                  (v128.const i8x16 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f 0x0f))))))))))
          (if (local.get $doubtful)
            (then
              (loop $doubt
                (if (i32.eqz (call $is_unicode_escape
                      (i32.add (local.get $at) (i32.ctz (local.get $doubtful)))))
                  (then (return (i32.const -1))))
                (local.set $doubtful
                  (i32.and (local.get $doubtful) (i32.sub (local.get $doubtful) (i32.const 1))))
                (br_if $doubt (local.get $doubtful)))))))

      (if (i32.eqz (local.get $ends))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $block))))

    (i32.store8 (i32.const 0) (local.get $any_escaped))
    (i32.store8 (i32.const 1) (i32.ne (i32.const 0) (i8x16.bitmask (local.get $seen))))
    (i32.add (local.get $at) (i32.ctz (local.get $ends))))

  ;; Whether a `u` with four hexadecimal digits stands at `$at`.
  (func $is_unicode_escape (param $at i32) (result i32)
    (local $digit i32) (local $end i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x75)) (then (return (i32.const 0))))
    (local.set $end (i32.add (local.get $at) (i32.const 4)))
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $digit (i32.load8_u (local.get $at)))
      (if (i32.and
            (i32.gt_u (i32.sub (local.get $digit) (i32.const 0x30)) (i32.const 9))
            (i32.gt_u (i32.sub (i32.or (local.get $digit) (i32.const 0x20)) (i32.const 0x61)) (i32.const 5)))
        (then (return (i32.const 0))))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.const 1)))
