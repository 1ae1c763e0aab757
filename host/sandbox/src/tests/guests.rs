//! Tiny components in text form: the parts of the contract that they use, around a piece of core
//! code.

/// Returns a component of world `link` without imports. `code` contains core functions, among them
/// `(func $run)`. That function sets the result with `(call $answer (i32.const N))`: 0 is next, 1 a
/// stop, 2 a switch, 3 a hand-off to `text`, 4 a failure with `text` as its message.
pub(super) fn link(text: &str, code: &str) -> String {
    component("", "", "", text, code)
}

/// Returns a component of world `link` that can write to the log: `(call $log (i32.const POINTER)
/// (i32.const LENGTH))`.
pub(super) fn logger(code: &str) -> String {
    let import = r#"
      (import "vcon:link/log@0.1.0" (instance $log
        (type $l (enum "trace" "debug" "info" "warn" "error"))
        (export "level" (type $level (eq $l)))
        (type $f (list (tuple string string)))
        (export "write" (func (param "level" $level) (param "message" string) (param "fields" $f)))))
      (core module $memory (memory (export "memory") 2))
      (core instance $memory (instantiate $memory))
      (core func $write (canon lower (func $log "write") (memory (core memory $memory "memory"))))"#;
    let core_import = r#"
        (import "host" "write" (func $write (param i32 i32 i32 i32 i32)))
        (import "host" "memory" (memory 2))
        (func $log (param i32 i32) (call $write (i32.const 2) (local.get 0) (local.get 1) (i32.const 0) (i32.const 0)))"#;
    let with = r#"(with "host" (instance (export "write" (func $write)) (export "memory" (memory $memory "memory"))))"#;
    component(import, core_import, with, "", code)
}

fn component(import: &str, core_import: &str, with: &str, text: &str, code: &str) -> String {
    let memory = if core_import.is_empty() { "(memory 2)" } else { "" };
    let length = text.len();
    let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"(component
      {import}
      (core module $code
        {core_import}
        {memory}
        (export "memory" (memory 0))
        (data (i32.const 1024) "{escaped}")
        (data (i32.const 2048) "tiny")
        (data (i32.const 2052) "1.0.0")
        (data (i32.const 2060) "{{}}")
        (global $heap (mut i32) (i32.const 65536))
        ;; Memory is never freed, because an instance lives for one call.
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (local $at i32)
          (local.set $at (global.get $heap))
          (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get 3)) (i32.const 15)) (i32.const -16)))
          (local.get $at))
        ;; Writes result<outcome, failure> at 512.
        (func $answer (param $what i32)
          (if (i32.eq (local.get $what) (i32.const 4))
            (then
              (i32.store8 (i32.const 512) (i32.const 1))
              (i32.store8 (i32.const 520) (i32.const 4))
              (i32.store (i32.const 524) (i32.const 1024))
              (i32.store (i32.const 528) (i32.const {length})))
            (else
              (i32.store8 (i32.const 512) (i32.const 0))
              (i32.store8 (i32.const 520) (local.get $what))
              (i32.store (i32.const 524) (i32.const 1024))
              (i32.store (i32.const 528) (i32.const {length})))))
        {code}
        (func (export "run") (param i32 i32) (result i32)
          (call $run)
          (i32.const 512))
        (func (export "describe") (result i32)
          (i32.store (i32.const 600) (i32.const 2048)) (i32.store (i32.const 604) (i32.const 4))
          (i32.store (i32.const 608) (i32.const 2052)) (i32.store (i32.const 612) (i32.const 5))
          (i32.store (i32.const 616) (i32.const 2048)) (i32.store (i32.const 620) (i32.const 4))
          (i32.store (i32.const 624) (i32.const 2060)) (i32.store (i32.const 628) (i32.const 2))
          (i32.store (i32.const 632) (i32.const 2060)) (i32.store (i32.const 636) (i32.const 2))
          (i32.store (i32.const 640) (i32.const 2060)) (i32.store (i32.const 644) (i32.const 2))
          (i32.const 600)))
      (core instance $code (instantiate $code {with}))
      {EXPORTS})"#
    )
}

const EXPORTS: &str = r#"
      (type $outcome (variant (case "next") (case "stop" string) (case "switch" string) (case "hand-off" string)))
      (type $kind (enum "options" "vcon" "sealed" "service" "other"))
      (type $failure (record (field "kind" $kind) (field "message" string) (field "retryable" bool) (field "retry-after-ms" (option u64))))
      (type $description (record (field "name" string) (field "version" string) (field "summary" string) (field "options-schema" string) (field "defaults" string) (field "needs" string)))
      (component $shape
        (type $ot (variant (case "next") (case "stop" string) (case "switch" string) (case "hand-off" string)))
        (import "import-outcome" (type $o0 (eq $ot)))
        (type $kt (enum "options" "vcon" "sealed" "service" "other"))
        (import "import-kind" (type $k0 (eq $kt)))
        (type $ft (record (field "kind" $k0) (field "message" string) (field "retryable" bool) (field "retry-after-ms" (option u64))))
        (import "import-failure" (type $f0 (eq $ft)))
        (type $dt (record (field "name" string) (field "version" string) (field "summary" string) (field "options-schema" string) (field "defaults" string) (field "needs" string)))
        (import "import-description" (type $d0 (eq $dt)))
        (import "run" (func $run (param "options" string) (result (result $o0 (error $f0)))))
        (import "describe" (func $describe (result $d0)))
        (export $o "outcome" (type $o0))
        (export $k "failure-kind" (type $k0))
        (type $fr (record (field "kind" $k) (field "message" string) (field "retryable" bool) (field "retry-after-ms" (option u64))))
        (export $f "failure" (type $fr))
        (export $d "description" (type $d0))
        (export "run" (func $run) (func (param "options" string) (result (result $o (error $f)))))
        (export "describe" (func $describe) (func (result $d))))
      (func $run (param "options" string) (result (result $outcome (error $failure)))
        (canon lift (core func $code "run") (memory (core memory $code "memory")) (realloc (core func $code "realloc"))))
      (func $describe (result $description)
        (canon lift (core func $code "describe") (memory (core memory $code "memory")) (realloc (core func $code "realloc"))))
      (instance $handler (instantiate $shape
        (with "import-outcome" (type $outcome)) (with "import-kind" (type $kind))
        (with "import-failure" (type $failure)) (with "import-description" (type $description))
        (with "run" (func $run)) (with "describe" (func $describe))))
      (export "vcon:link/handler@0.1.0" (instance $handler))"#;
