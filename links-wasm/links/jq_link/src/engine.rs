//! Runs a filter on a document and returns whether it matches. All outputs are read, so a late
//! error is an error.

use crate::natives::{self, Data};
use crate::{library, texts};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};
use jaq_json::{Val, read};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// The filter that was compiled last. An instance that is kept between calls serves one set of
    /// options.
    static LAST: RefCell<Option<(String, Rc<Filter<Data>>)>> = const { RefCell::new(None) };
}

/// Result of a filter.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// The filter ended. True if its first output is a "yes".
    Matches(bool),
    /// The filter can't be compiled or ended in an error. The text is for the log and has no
    /// document content.
    Failed(String),
}

/// A verdict and how it was reached.
#[derive(Debug, PartialEq)]
pub struct Run {
    pub verdict: Verdict,
    /// True if a second try was needed, without the items of `body` arrays that are not strings.
    pub retried: bool,
}

/// Runs the filter on the document.
pub fn decide(filter: &str, document: &str) -> Run {
    let prepared = kept(filter).and_then(|filter| Ok((filter, parsed(document)?)));
    let (filter, input) = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => {
            return Run {
                verdict: Verdict::Failed(reason),
                retried: false,
            };
        }
    };
    match first_output(&filter, input.clone()) {
        Err(Failed::WantsText) => {
            let again = first_output(&filter, texts::only_texts_in_bodies(input));
            Run {
                verdict: verdict(again),
                retried: true,
            }
        }
        result => Run {
            verdict: verdict(result),
            retried: false,
        },
    }
}

fn kept(filter: &str) -> Result<Rc<Filter<Data>>, String> {
    let last = LAST.with_borrow(|last| {
        last.as_ref()
            .filter(|(of, _)| of == filter)
            .map(|(_, kept)| kept.clone())
    });
    if let Some(kept) = last {
        return Ok(kept);
    }
    let compiled = Rc::new(compiled(filter)?);
    LAST.set(Some((filter.to_owned(), compiled.clone())));
    Ok(compiled)
}

fn compiled(filter: &str) -> Result<Filter<Data>, String> {
    let definitions = library::for_filter(filter);
    let definitions = &*definitions;
    let words: Vec<_> = library::words(filter).chain(library::words(definitions)).collect();
    let definitions = jaq_core::load::parse(definitions, |parser| parser.defs()).unwrap_or_default();
    let arena = Arena::default();
    let program = File { code: filter, path: () };
    let modules = Loader::new(definitions)
        .load(&arena, program)
        .map_err(|_| "it is not valid jq".to_owned())?;
    Compiler::default()
        .with_funs(natives::named(&words))
        .with_global_vars(["$ENV"])
        .compile(modules)
        .map_err(|errors| undefined(&errors))
}

fn undefined(errors: &jaq_core::compile::Errors<&str, ()>) -> String {
    let names: Vec<_> = errors
        .iter()
        .flat_map(|(_, undefined)| undefined.iter().map(|(name, _)| *name))
        .collect();
    format!("not defined: {}", names.join(", "))
}

fn parsed(document: &str) -> Result<Val, String> {
    read::parse_single(document.as_bytes()).map_err(|_| "the vCon is not JSON".to_owned())
}

/// Error of a run.
enum Failed {
    /// A text function got another type.
    WantsText,
    /// Anything else. An error's own text may quote the document, so it is not kept.
    Otherwise,
}

fn verdict(result: Result<Option<Val>, Failed>) -> Verdict {
    match result {
        Ok(output) => Verdict::Matches(output.is_some_and(|value| is_yes(&value))),
        Err(Failed::WantsText) => Verdict::Failed("a text function got something else than text".into()),
        Err(Failed::Otherwise) => Verdict::Failed("it ended in an error".into()),
    }
}

/// Reads all outputs and keeps the first.
fn first_output(filter: &Filter<Data>, input: Val) -> Result<Option<Val>, Failed> {
    let environment = Val::obj(Default::default());
    let context = Ctx::<Data>::new(&filter.lut, Vars::new([environment]));
    let mut first = None;
    for output in filter.id.run((context, input)) {
        match output.map_err(|exception| exception.get_err()) {
            Ok(value) => first = first.or(Some(value)),
            Err(Ok(error)) if error.to_string().contains(natives::WANTS_TEXT) => return Err(Failed::WantsText),
            Err(Ok(_)) => return Err(Failed::Otherwise),
            // `halt`: the outputs before it count.
            Err(Err(_)) => break,
        }
    }
    Ok(first)
}

/// Returns false for zero and empty values, as Python does.
fn is_yes(value: &Val) -> bool {
    match value {
        Val::Null => false,
        Val::Bool(yes) => *yes,
        Val::Num(_) => *value != Val::from(0_usize),
        Val::BStr(bytes) | Val::TStr(bytes) => !bytes.is_empty(),
        Val::Arr(items) => !items.is_empty(),
        Val::Obj(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"parties":[{"name":"Alice","role":"owner"},{"name":"Bob","role":"vet"}],
        "attachments":[{"purpose":"tags","body":["call_type:1",2,"call_type:2",{"k":"v"}]}],"redacted":{}}"#;

    fn matches(filter: &str) -> bool {
        match decide(filter, DOCUMENT) {
            Run {
                verdict: Verdict::Matches(yes),
                retried: false,
            } => yes,
            other => panic!("{filter}: {other:?}"),
        }
    }

    fn fails(filter: &str) -> String {
        match decide(filter, DOCUMENT).verdict {
            Verdict::Failed(reason) => reason,
            other => panic!("{filter}: {other:?}"),
        }
    }

    #[test]
    fn zero_and_empty_are_no() {
        for filter in ["null", "false", "0", "0.0", "\"\"", "[]", "{}", "empty", ".redacted"] {
            assert!(!matches(filter), "{filter}");
        }
        for filter in ["true", "1", "-0.5", "\"0\"", "[0]", "{a: 0}", "."] {
            assert!(matches(filter), "{filter}");
        }
    }

    #[test]
    fn usual_filters_find_their_definitions() {
        for filter in [
            ".parties | length == 2",
            ".parties[] | select(.role == \"vet\") | any",
            "any(.parties[]; .name == \"Bob\")",
            ".parties | map(.name) | sort | join(\",\") == \"Alice,Bob\"",
            "[.parties[].role] | index(\"vet\") == 1",
            ".redacted == {} and (.attachments | length) > 0",
            ".parties | map(select(.name | test(\"^b\"; \"i\"))) | length == 1",
            "[paths] | length > 3",
            ".parties | group_by(.role) | length == 2",
            ".parties | min_by(.name).name == \"Alice\"",
            "[.parties[] | to_entries[] | .value] | unique | length == 4",
            "[limit(1; .parties[])] | length == 1",
            "\"\\(.parties[0].name)!\" == \"Alice!\"",
            "@base64 \"a\" == \"a\" and (\"a\" | @base64) == \"YQ==\"",
            ".parties | with_entries(.value |= .name) | values | type == \"object\"",
            "\"Bob\" | IN(\"Alice\", \"Bob\")",
            "reduce .parties[] as $p (0; . + 1) == 2",
            "[.. | strings] | contains([\"vet\"])",
        ] {
            assert!(matches(filter), "{filter}");
        }
    }

    #[test]
    fn only_the_first_output_counts_but_all_are_drawn() {
        assert!(!matches(".parties[].name == \"Bob\""));
        assert!(matches("true, false"));
        fails("true, error(\"late\")");
    }

    #[test]
    fn text_functions_get_a_second_try_without_what_is_no_text() {
        let filter = ".attachments[0] | select(.body[] | startswith(\"call_type:\") and . != \"call_type:2\")";
        assert_eq!(
            decide(filter, DOCUMENT),
            Run {
                verdict: Verdict::Matches(true),
                retried: true
            }
        );
        let run = decide(".attachments[0].body[] | ascii_downcase", DOCUMENT);
        assert!(matches!(
            run,
            Run {
                verdict: Verdict::Failed(_),
                retried: false
            }
        ));
        let run = decide("1 | endswith(\"x\")", DOCUMENT);
        assert!(matches!(
            run,
            Run {
                verdict: Verdict::Failed(_),
                retried: true
            }
        ));
    }

    #[test]
    fn a_filter_has_no_environment_imports_or_further_input() {
        assert!(!matches("env"));
        assert!(!matches("$ENV"));
        assert!(!matches("env.PATH"));
        fails("import \"a\" as a; .");
        fails("input");
    }

    #[test]
    fn halt_ends_with_what_came_before() {
        assert!(!matches("halt"));
        assert!(matches("1, halt"));
    }

    #[test]
    fn a_bad_filter_fails_without_quoting_the_document() {
        assert_eq!(fails("invalid % filter @ syntax"), "it is not valid jq");
        assert_eq!(fails("nope(1)"), "not defined: nope");
        assert!(!fails("error(.parties[0].name)").contains("Alice"));
    }
}
