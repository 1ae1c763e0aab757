//! Makes bindings from WIT for C and Go, and components from the core modules that their compilers
//! make.
//!
//! ```text
//! polyglot-tools c         WIT WORLD FOLDER
//! polyglot-tools go        WIT WORLD FOLDER
//! polyglot-tools embed     WIT WORLD MODULE     (writes the world into the module)
//! polyglot-tools component MODULE COMPONENT     (with the reactor adapter from WASI preview 1)
//! ```

use std::path::Path;

use anyhow::{Context, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as ADAPTER,
};
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["c", wit, world, folder] => bind(&mut *wit_bindgen_c::Opts::default().build(), wit, world, folder),
        ["go", wit, world, folder] => bind(&mut *wit_bindgen_go::Opts::default().build(), wit, world, folder),
        ["embed", wit, world, module] => embed(wit, world, module),
        ["component", module, component] => wrap(module, component),
        _ => bail!("what to do is missing: c, go, embed or component; the head of src/main.rs has what each takes"),
    }
}

fn world(wit: &str, world: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).with_context(|| format!("the WIT in {wit}"))?;
    let id = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, id))
}

fn bind(generator: &mut dyn WorldGenerator, wit: &str, name: &str, folder: &str) -> Result<()> {
    let (mut resolve, id) = world(wit, name)?;
    let mut files = Files::default();
    generator.generate(&mut resolve, id, &mut files)?;
    for (name, text) in files.iter() {
        let path = Path::new(folder).join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(folder)))?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn embed(wit: &str, name: &str, module: &str) -> Result<()> {
    let (resolve, id) = world(wit, name)?;
    let mut bytes = std::fs::read(module).with_context(|| format!("reading {module}"))?;
    embed_component_metadata(&mut bytes, &resolve, id, StringEncoding::UTF8)?;
    std::fs::write(module, bytes).with_context(|| format!("writing {module}"))
}

fn wrap(module: &str, component: &str) -> Result<()> {
    let bytes = std::fs::read(module).with_context(|| format!("reading {module}"))?;
    let encoded = ComponentEncoder::default()
        .module(&bytes)?
        .adapter(ADAPTER_NAME, ADAPTER)?
        .validate(true)
        .encode()
        .with_context(|| format!("making a component of {module}"))?;
    std::fs::write(component, encoded).with_context(|| format!("writing {component}"))
}
