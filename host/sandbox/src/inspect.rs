//! Checks of an upload before compiling, in one pass over its bytes.
//!
//! Guarantee: an upload that passes is a component in binary form, and the number and size of its
//! parts are bounded. The error for any other upload says what it is.

use wasmparser::{ComponentExternalKind, Parser, Payload};

use crate::compile_error::CompileError;

/// Maximum number of functions in all modules of a component. CPython has 30,000. A component with
/// the maximum compiles in a minute.
const MAX_FUNCTIONS: u64 = 200_000;

/// Maximum length of a function, in bytes. Cranelift's time grows faster than the function.
/// CPython's main loop is below 200 KiB.
const MAX_FUNCTION_BYTES: u64 = 2 * 1024 * 1024;

/// Maximum number of sections, modules and components, nested ones included.
const MAX_SECTIONS: u64 = 20_000;

/// Maximum number of imports, and of exports, of the component itself.
const MAX_NAMES: usize = 1_000;

/// Parts of an upload.
#[derive(Debug, Default)]
pub struct Parts {
    /// Names of the component's imports.
    pub imports: Vec<String>,
    /// Names of the component's exported instances.
    pub exports: Vec<String>,
    /// Number of functions to compile.
    pub functions: u64,
}

/// Checks an upload and returns its parts.
///
/// # Errors
/// If it is not a component, is damaged, or has too many or too large parts.
pub fn inspect(bytes: &[u8]) -> Result<Parts, CompileError> {
    form(bytes)?;
    let mut parts = Parts::default();
    let mut depth = 0_u32;
    let mut sections = 0_u64;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| CompileError::Damaged(error.to_string()))?;
        sections += 1;
        if sections > MAX_SECTIONS.saturating_add(parts.functions) {
            return Err(CompileError::TooComplex(format!("more than {MAX_SECTIONS} sections")));
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionStart { count, .. } => parts.count_functions(count)?,
            Payload::CodeSectionEntry(body) => check_function(body.range())?,
            Payload::ComponentImportSection(reader) if depth == 0 => parts.add_imports(reader)?,
            Payload::ComponentExportSection(reader) if depth == 0 => parts.add_exports(reader)?,
            _ => {}
        }
    }
    Ok(parts)
}

impl Parts {
    fn count_functions(&mut self, count: u32) -> Result<(), CompileError> {
        self.functions = self.functions.saturating_add(u64::from(count));
        if self.functions > MAX_FUNCTIONS {
            return Err(CompileError::TooComplex(format!("more than {MAX_FUNCTIONS} functions")));
        }
        Ok(())
    }

    fn add_imports(&mut self, reader: wasmparser::ComponentImportSectionReader<'_>) -> Result<(), CompileError> {
        for import in reader {
            let import = import.map_err(|error| CompileError::Damaged(error.to_string()))?;
            push_name(&mut self.imports, import.name.name)?;
        }
        Ok(())
    }

    fn add_exports(&mut self, reader: wasmparser::ComponentExportSectionReader<'_>) -> Result<(), CompileError> {
        for export in reader {
            let export = export.map_err(|error| CompileError::Damaged(error.to_string()))?;
            if export.kind == ComponentExternalKind::Instance {
                push_name(&mut self.exports, export.name.name)?;
            }
        }
        Ok(())
    }
}

fn push_name(names: &mut Vec<String>, name: &str) -> Result<(), CompileError> {
    if names.len() >= MAX_NAMES {
        return Err(CompileError::TooComplex(format!(
            "more than {MAX_NAMES} imports or exports"
        )));
    }
    names.push(vconduit_base::text::clean(name, 200).into_owned());
    Ok(())
}

fn check_function(range: std::ops::Range<usize>) -> Result<(), CompileError> {
    if u64::try_from(range.len()).unwrap_or(u64::MAX) > MAX_FUNCTION_BYTES {
        return Err(CompileError::TooComplex(format!(
            "a function of more than {MAX_FUNCTION_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Checks the first bytes of an upload.
fn form(bytes: &[u8]) -> Result<(), CompileError> {
    let wrong = |what: &'static str, instead: &'static str| Err(CompileError::NotComponent { what, instead });
    match bytes {
        [] => wrong("empty", "upload the .wasm file itself"),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => wrong(
            "a core WebAssembly module",
            "build it for wasm32-wasip2, or wrap it with `wasm-tools component new`",
        ),
        [0, b'a', b's', b'm', ..] => wrong(
            "WebAssembly of another version",
            "build it with tools for component version 0x1000d",
        ),
        [0x7f, b'E', b'L', b'F', ..] => wrong(
            "native or precompiled code (ELF)",
            "upload the component itself; the host compiles it",
        ),
        [0x1f, 0x8b, ..] => wrong("gzip-compressed data", "unpack it first"),
        [b'P', b'K', 3, 4, ..] => wrong("a ZIP archive", "upload the .wasm file inside it"),
        _ => text_form(bytes),
    }
}

fn text_form(bytes: &[u8]) -> Result<(), CompileError> {
    let head = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes))
        .trim_start()
        .to_ascii_lowercase();
    let (what, instead) = if head.starts_with('<') {
        (
            "a web page (HTML or XML)",
            "check the address that it was downloaded from",
        )
    } else if head.starts_with("(component") || head.starts_with("(module") || head.starts_with(";;") {
        ("WebAssembly text", "turn it into binary form with `wasm-tools parse`")
    } else if head.starts_with("package ") {
        ("a WIT file", "upload the component that was built for it")
    } else if head.starts_with('{') {
        ("JSON", "upload the .wasm file itself")
    } else {
        (
            "not WebAssembly",
            "upload a component: its first bytes are 00 61 73 6d 0d 00 01 00",
        )
    };
    Err(CompileError::NotComponent { what, instead })
}
