//! Builds a tree of [`Node`]s from the parser's events.
//!
//! Guarantee: reading does not recurse. A text beyond the bounds is refused with the position.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::budget::{Budget, MAX_BYTES, check_depth};
use super::frame::{Frame, Key, MapFrame, Within};
use super::note::Note;
use super::scalar::{self, NOT_JSON};
use super::{Kind, Node, Position};

/// Result of reading a text.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Absent when there is nothing but comments.
    pub(crate) root: Option<Node>,
    /// Parts that can be read, but were perhaps not meant or have no equivalent in JSON.
    pub(crate) notes: Vec<Note>,
}

/// Reads a text with one YAML document.
pub(crate) fn parse(text: &str) -> Result<Document, Note> {
    if text.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes; a configuration has at most {MAX_BYTES}",
            text.len()
        );
        return Err(Note::fatal(
            Position { line: 1, column: 1 },
            message,
            "is this the right file?",
        ));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tree = TreeBuilder::default();
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(&error, text))?;
        tree.event(event, place(span.start))?;
    }
    Ok(Document {
        root: tree.root,
        notes: tree.notes,
    })
}

fn place(marker: Marker) -> Position {
    Position {
        line: marker.line().max(1),
        column: marker.col() + 1,
    }
}

fn syntax(error: &ScanError, text: &str) -> Note {
    let place = place(*error.marker());
    let line = text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
    let hint = if line.trim_start_matches(' ').starts_with('\t') {
        "YAML indents with spaces; replace the tab"
    } else {
        "check the indentation, colons and quotes of this line and the one before"
    };
    Note::fatal(place, format!("not valid YAML: {}", error.info()), hint)
}

#[derive(Default)]
struct TreeBuilder {
    root: Option<Node>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Node>,
    notes: Vec<Note>,
    documents: usize,
    budget: Budget,
}

impl TreeBuilder {
    fn event(&mut self, event: Event<'_>, place: Position) -> Result<(), Note> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(place),
            Event::Alias(id) => self.alias(id, place),
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), place),
            Event::SequenceStart(anchor, tag) => self.open(anchor, tag.as_deref(), place, Within::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.open(anchor, tag.as_deref(), place, Within::Map(MapFrame::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
        }
    }

    fn document(&mut self, place: Position) -> Result<(), Note> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(Note::fatal(
                place,
                "a second document begins here",
                "remove the `---`: one file is one document",
            ));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, place: Position) -> Result<(), Note> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return Err(Note::fatal(
                place,
                "this alias stands within what it names",
                "write the value out",
            ));
        };
        self.budget.take_all(&node, place, self.stack.len())?;
        if !self.wants_key() {
            self.value(node);
            return Ok(());
        }
        let Kind::Text(key) = node.kind else {
            return Err(Note::fatal(
                place,
                "this alias is used as a key but does not name a text",
                "write the key out",
            ));
        };
        self.key(Key::Named(key), place);
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Position,
    ) -> Result<(), Note> {
        self.budget.take(text.len(), place)?;
        let plain = style == ScalarStyle::Plain;
        if self.wants_key() {
            let key = if plain && text == "<<" {
                Key::Merge
            } else {
                Key::Named(text.to_owned())
            };
            if anchor > 0 {
                self.anchors.insert(
                    anchor,
                    Node {
                        place,
                        kind: Kind::Text(text.to_owned()),
                    },
                );
            }
            self.key(key, place);
            return Ok(());
        }
        let kind = self.scalar_kind(text, plain, tag, place)?;
        // For an absent value the parser gives the position after the blank lines and comments.
        // People look for its key.
        let place = if text.is_empty() && plain {
            self.pending_place().unwrap_or(place)
        } else {
            place
        };
        let node = Node { place, kind };
        self.anchor(anchor, &node)?;
        self.value(node);
        Ok(())
    }

    fn scalar_kind(&mut self, text: &str, plain: bool, tag: Option<&Tag>, place: Position) -> Result<Kind, Note> {
        let Some(tag) = tag else {
            return Ok(if plain {
                self.plain(text, place)
            } else {
                Kind::Text(text.to_owned())
            });
        };
        let suffix = if tag.is_yaml_core_schema() {
            tag.suffix.as_str()
        } else {
            ""
        };
        let kind = match suffix {
            "str" | "timestamp" => return Ok(Kind::Text(text.to_owned())),
            _ if tag.handle.is_empty() && tag.suffix == "!" => return Ok(Kind::Text(text.to_owned())),
            "int" | "float" | "bool" | "null" => self.plain(text, place),
            _ => return Err(unknown_tag(tag, place)),
        };
        let fits = match suffix {
            "bool" => matches!(kind, Kind::Bool(_)),
            "null" => matches!(kind, Kind::Null),
            _ => matches!(kind, Kind::Number(_)),
        };
        if fits {
            Ok(kind)
        } else {
            Err(Note::fatal(
                place,
                format!("this is not what its tag `!!{suffix}` says"),
                "",
            ))
        }
    }

    fn plain(&mut self, text: &str, place: Position) -> Kind {
        let resolved = scalar::resolve(text);
        match resolved.doubt {
            Some(NOT_JSON) => self
                .notes
                .push(Note::fatal(place, format!("`{text}`: {NOT_JSON}"), "write a number")),
            Some(doubt) => self.notes.push(Note::doubt(
                place,
                format!("`{text}`: {doubt}"),
                format!("for a text write \"{text}\""),
            )),
            None => {}
        }
        resolved.kind
    }

    fn open(&mut self, anchor: usize, tag: Option<&Tag>, place: Position, within: Within) -> Result<(), Note> {
        self.budget.take(0, place)?;
        if self.wants_key() {
            return Err(Note::fatal(
                place,
                "a list or mapping can't be a key",
                "quote the key if it is meant as a text",
            ));
        }
        let allowed = match within {
            Within::List(_) => "seq",
            Within::Map(_) => "map",
        };
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema() || tag.suffix != allowed) {
            return Err(unknown_tag(tag, place));
        }
        check_depth(self.stack.len() + 1, place)?;
        self.stack.push(Frame { place, anchor, within });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Note> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let kind = match frame.within {
            Within::List(values) => Kind::List(values),
            Within::Map(map) => Kind::Map(map.finish()?),
        };
        let node = Node {
            place: frame.place,
            kind,
        };
        self.anchor(frame.anchor, &node)?;
        self.value(node);
        Ok(())
    }

    fn key(&mut self, key: Key, place: Position) {
        if let Some(Frame {
            within: Within::Map(map),
            ..
        }) = self.stack.last_mut()
        {
            map.key = Some((key, place));
        }
    }

    fn value(&mut self, node: Node) {
        match self.stack.last_mut().map(|frame| &mut frame.within) {
            None => self.root = Some(node),
            Some(Within::List(values)) => values.push(node),
            Some(Within::Map(map)) => {
                if let Some(note) = map.member(node) {
                    self.notes.push(note);
                }
            }
        }
    }

    fn anchor(&mut self, anchor: usize, node: &Node) -> Result<(), Note> {
        if anchor > 0 {
            self.budget.take_all(node, node.place, self.stack.len())?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { within: Within::Map(map), .. }) if map.key.is_none())
    }

    fn pending_place(&self) -> Option<Position> {
        match &self.stack.last()?.within {
            Within::Map(map) => map.key.as_ref().map(|(_, place)| *place),
            Within::List(_) => None,
        }
    }
}

fn unknown_tag(tag: &Tag, place: Position) -> Note {
    let name = if tag.is_yaml_core_schema() {
        format!("!!{}", tag.suffix)
    } else {
        tag.to_string()
    };
    Note::fatal(
        place,
        format!("the tag `{name}` is not allowed here"),
        "write a plain value; nothing in this file is run",
    )
}
