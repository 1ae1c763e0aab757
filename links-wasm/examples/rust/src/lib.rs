//! An example link. It reads the transcript, gets topics from a service, and adds an analysis and a
//! tag.

use vcon_link::http;
use vcon_link::prelude::*;

/// Options that an operator can set. The server shows the schema and the defaults made from this
/// type.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// URL of the service that finds topics. It gets a text and returns `{"topics": [...]}`.
    url: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            url: "http://localhost:8090/topics".into(),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    topics: Vec<String>,
}

vcon_link::link! {
    name: "keyword_tagger",
    summary: "Asks a service for the topics of the first dialog and adds them as an analysis and a tag.",
    options: Options,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    let Some(transcript) = transcript(vcon)? else {
        info!("there is no transcript: nothing to do");
        return Ok(Outcome::Next);
    };
    let answer: Answer = http::post(&options.url)
        .content_type("text/plain; charset=utf-8")
        .body(transcript)
        .retries(2)
        .send()?
        .error_for_status()?
        .json()?;

    vcon.add_analysis(Analysis::json("topics", "example", &answer.topics)?.dialog(0))?;
    if let Some(topic) = main_topic(&answer.topics) {
        vcon.add_tag("topic", topic)?;
    }
    Ok(Outcome::Next)
}

/// Returns the transcript of the first dialog: the analysis of that kind, or else the dialog's own
/// text.
fn transcript(vcon: &Vcon) -> Result<Option<String>, Failure> {
    if let Some(index) = vcon.find_analysis(0, "transcript")? {
        return Ok(vcon.text(&format!("/analysis/{index}/body"))?);
    }
    match vcon.dialog_count()? {
        0 => Ok(None),
        _ => Ok(vcon.dialog_text(0)?),
    }
}

fn main_topic(topics: &[String]) -> Option<&str> {
    topics.iter().map(|topic| topic.trim()).find(|topic| !topic.is_empty())
}

#[cfg(test)]
mod tests {
    use super::main_topic;

    #[test]
    fn the_first_topic_that_says_something_is_the_main_one() {
        assert_eq!(
            main_topic(&["".into(), " billing ".into(), "refund".into()]),
            Some("billing")
        );
        assert_eq!(main_topic(&[]), None);
    }
}
