//! Adds each text `t` of the option `tags` as the tag `t:t`. A missing vCon ends the chain quietly.

use vcon_link::prelude::*;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Options {
    /// The texts to add, each as `text:text`. Running twice adds them twice.
    tags: Vec<String>,
}

vcon_link::link! {
    name: "tag",
    summary: "Adds fixed tags.",
    options: Options,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    if !vcon.exists() {
        return Ok(Outcome::Stop("the vCon does not exist".into()));
    }
    // Written back even without tags: a run always leaves the document in current names.
    vcon.touch()?;
    for tag in &options.tags {
        vcon.add_tag(tag, tag)?;
    }
    Ok(Outcome::Next)
}
