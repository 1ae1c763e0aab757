//! Writes the table of jq's library definitions, each with those that it needs.
//!
//! Compiling all of them takes ten times as long as a usual filter needs to run. With the table,
//! only those are compiled that the filter names. The build fails if a written definition can't be
//! parsed to the same definition again.

mod print;

use jaq_core::load::parse::Def;
use std::fmt::Write;
use std::{env, error::Error, fs, path::Path};

const OWN: &str = include_str!("own.jq");

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    let library = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let own = parsed(OWN)?;
    let defs: Vec<_> = library.chain(own).collect();
    let target = Path::new(&env::var("OUT_DIR")?).join("definitions.rs");
    fs::write(target, table(&defs)?)?;
    Ok(())
}

fn table(defs: &[Def]) -> Result<String, Box<dyn Error>> {
    let mut out = String::from("pub static DEFINITIONS: &[Definition] = &[\n");
    for def in defs {
        let printed = print::definition(def);
        check(def, &printed.text)?;
        let needs: Vec<_> = positions(defs, &printed.names).collect();
        let (name, text) = (def.name, printed.text);
        writeln!(
            out,
            "    Definition {{ name: {name:?}, text: {text:?}, needs: &{needs:?} }},"
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn positions<'a>(defs: &'a [Def], names: &'a [String]) -> impl Iterator<Item = usize> + 'a {
    let needed = |(at, def): (usize, &Def)| names.iter().any(|name| name == def.name).then_some(at);
    defs.iter().enumerate().filter_map(needed)
}

fn check(def: &Def, text: &str) -> Result<(), Box<dyn Error>> {
    let back = parsed(text)?;
    match format!("{back:?}") == format!("{:?}", [def]) {
        true => Ok(()),
        false => Err(format!("the definition of {} reads back as another one: {text}", def.name).into()),
    }
}

fn parsed(text: &str) -> Result<Vec<Def<&str>>, Box<dyn Error>> {
    jaq_core::load::parse(text, |parser| parser.defs()).ok_or_else(|| format!("not a definition: {text}").into())
}
