//! jq's native functions, with those replaced that reach outside the link or word their errors
//! differently.

use jaq_core::native::{Filter, Fun, bome, run, unary, v};
use jaq_core::{Error, RunPtr, data};
use jaq_json::Val;
use jaq_std::ValT;

/// Error text of jq when a text function gets another type. It decides about the second try.
pub const WANTS_TEXT: &str = "requires string inputs";

/// Data of filters: JSON values only.
pub type Data = data::JustLut<Val>;

/// Returns the native functions that one of `words` names. A compiler that gets all of them takes
/// longer.
pub fn named(words: &[&str]) -> impl Iterator<Item = Fun<Data>> {
    all().filter(|(name, ..)| words.contains(name))
}

fn all() -> impl Iterator<Item = Fun<Data>> {
    let own = own();
    let replaced: Vec<_> = own.iter().map(|(name, ..)| *name).collect();
    let library = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    library
        .filter(move |(name, ..)| !replaced.contains(name))
        .chain(own.into_iter().map(run::<Data>))
}

fn own() -> Vec<Filter<RunPtr<Data>>> {
    vec![
        // The environment of a link is empty.
        ("env", v(0), |_| bome(Ok(Val::obj(Default::default())))),
        ("now", v(0), |_| {
            bome(Ok(Val::from(vcon_link::clock::now().as_secs_f64())))
        }),
        ("startswith", v(1), |cv| {
            unary(cv, |text, part| {
                on_texts("startswith", &text, &part, |t, p| t.starts_with(p).into())
            })
        }),
        ("endswith", v(1), |cv| {
            unary(cv, |text, part| {
                on_texts("endswith", &text, &part, |t, p| t.ends_with(p).into())
            })
        }),
        ("ltrimstr", v(1), |cv| {
            unary(cv, |text, part| {
                on_texts("ltrimstr", &text, &part, |t, p| {
                    text.as_sub_str(t.strip_prefix(p).unwrap_or(t))
                })
            })
        }),
        ("rtrimstr", v(1), |cv| {
            unary(cv, |text, part| {
                on_texts("rtrimstr", &text, &part, |t, p| {
                    text.as_sub_str(t.strip_suffix(p).unwrap_or(t))
                })
            })
        }),
    ]
}

fn on_texts(name: &str, text: &Val, part: &Val, work: impl FnOnce(&[u8], &[u8]) -> Val) -> Result<Val, Error<Val>> {
    match (text.as_utf8_bytes(), part.as_utf8_bytes()) {
        (Some(text), Some(part)) => Ok(work(text, part)),
        _ => Err(Error::str(format!("{name}() {WANTS_TEXT}"))),
    }
}
