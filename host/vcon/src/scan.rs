//! One strict pass over JSON text.
//!
//! Guarantee: what passes is RFC 8259 JSON with no member name twice in an object (at any depth), no number beyond the range of
//! a double, no lone surrogate, and at most [`MAX_DEPTH`] levels; the stack stays small whatever the text.
//!
//! Not `serde_json::Value`: it keeps values, not bytes. Number texts, escapes and duplicate names
//! are lost in it.

use std::borrow::Cow;
use std::collections::HashSet;

mod tokens;

/// The deepest nesting of arrays and objects that is accepted. `serde_json` has the same limit. Real vCons stay below 12.
pub const MAX_DEPTH: usize = 128;

/// Objects with more members than this compare names through a hash set. Below, comparing them one by one is faster.
const FEW_NAMES: usize = 16;

/// Why and where a text is not acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte offset.
    pub at: usize,
    /// What is wrong there.
    pub what: Cow<'static, str>,
}

impl SyntaxError {
    /// Line and column (both from 1, in characters) of the fault in its text.
    #[must_use]
    pub fn place(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The fault with its place, for people.
    #[must_use]
    pub fn describe(&self, text: &str) -> String {
        let (line, column) = self.place(text);
        format!("{} at line {line} column {column}", self.what)
    }
}

pub(super) type Scan<T> = Result<T, SyntaxError>;

/// A byte range of the scanned text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// The pass itself: a position in the text, and the member names of the objects that are open.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    deepest: usize,
    names: Option<Vec<Cow<'a, str>>>,
}

impl<'a> Scanner<'a> {
    /// Checks everything.
    pub(super) fn strict(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            deepest: 0,
            names: Some(Vec::new()),
        }
    }

    /// For text that passed before: names are not compared again.
    pub(super) fn again(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            deepest: 0,
            names: None,
        }
    }

    /// The position, as a byte offset.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The number of levels of the deepest value so far.
    pub(super) fn deepest(&self) -> usize {
        self.deepest
    }

    /// The next byte, not taken.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over white space.
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// An error here.
    pub(super) fn fail<T>(&self, what: impl Into<Cow<'static, str>>) -> Scan<T> {
        Err(SyntaxError {
            at: self.at,
            what: what.into(),
        })
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Scan<()> {
        self.space();
        if self.peek().is_some() {
            self.fail("text after the value")
        } else {
            Ok(())
        }
    }

    /// Steps over one value that stands inside `depth` levels.
    pub(super) fn value(&mut self, depth: usize) -> Scan<Span> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                self.string()?;
            }
            Some(b'{') => self.object(depth, |scanner, _| scanner.value(depth + 1).map(drop))?,
            Some(b'[') => self.array(depth, |scanner| scanner.value(depth + 1).map(drop))?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true")?,
            Some(b'f') => self.literal("false")?,
            Some(b'n') => self.literal("null")?,
            Some(_) => return self.fail("expected a value"),
            None => return self.fail("the text ends where a value should be"),
        }
        Ok(Span { start, end: self.at })
    }

    /// Steps over an object; `member` is called with each name (its span with quotes) and has to step over the value.
    pub(super) fn object(&mut self, depth: usize, mut member: impl FnMut(&mut Self, Span) -> Scan<()>) -> Scan<()> {
        self.open(depth)?;
        if self.close(b'}') {
            return Ok(());
        }
        let first = self.names.as_ref().map_or(0, Vec::len);
        let mut many = None;
        loop {
            self.space();
            let name = self.name(first, &mut many)?;
            self.space();
            if self.peek() != Some(b':') {
                return self.fail("expected `:`");
            }
            self.at += 1;
            self.space();
            member(self, name)?;
            if self.next_or_close(b'}', "expected `,` or `}`")? {
                break;
            }
        }
        if let Some(names) = &mut self.names {
            names.truncate(first);
        }
        Ok(())
    }

    /// Steps over an array; `element` has to step over one value.
    pub(super) fn array(&mut self, depth: usize, mut element: impl FnMut(&mut Self) -> Scan<()>) -> Scan<()> {
        self.open(depth)?;
        if self.close(b']') {
            return Ok(());
        }
        loop {
            self.space();
            element(self)?;
            if self.next_or_close(b']', "expected `,` or `]`")? {
                return Ok(());
            }
        }
    }

    fn open(&mut self, depth: usize) -> Scan<()> {
        if depth >= MAX_DEPTH {
            return self.fail(format!("more than {MAX_DEPTH} levels of arrays and objects"));
        }
        self.deepest = self.deepest.max(depth + 1);
        self.at += 1;
        Ok(())
    }

    fn close(&mut self, byte: u8) -> bool {
        self.space();
        let closes = self.peek() == Some(byte);
        if closes {
            self.at += 1;
        }
        closes
    }

    fn next_or_close(&mut self, byte: u8, what: &'static str) -> Scan<bool> {
        if self.close(byte) {
            return Ok(true);
        }
        if self.peek() != Some(b',') {
            return self.fail(what);
        }
        self.at += 1;
        Ok(false)
    }

    fn name(&mut self, first: usize, many: &mut Option<HashSet<Cow<'a, str>>>) -> Scan<Span> {
        if self.peek() != Some(b'"') {
            return self.fail("expected a member name in quotes");
        }
        let span = self.string()?;
        let Some(names) = &mut self.names else { return Ok(span) };
        let name = unquote(span.of(self.text));
        if let Some(many) = many {
            if !many.insert(name) {
                return self.twice(span);
            }
            return Ok(span);
        }
        let open = names.get(first..).unwrap_or_default();
        if open.contains(&name) {
            return self.twice(span);
        }
        if open.len() < FEW_NAMES {
            names.push(name);
            return Ok(span);
        }
        let mut set: HashSet<_> = names.drain(first..).collect();
        set.insert(name);
        *many = Some(set);
        Ok(span)
    }

    fn twice(&self, span: Span) -> Scan<Span> {
        let name: String = span.of(self.text).chars().take(100).collect();
        Err(SyntaxError {
            at: span.start,
            what: format!("member name {name} appears twice in an object").into(),
        })
    }
}

/// The text that a string's JSON text (quotes included) stands for. The JSON text has to have passed a strict scan.
pub(super) fn unquote(raw: &str) -> Cow<'_, str> {
    let inner = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default();
    if !inner.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(serde_json::from_str(raw).unwrap_or_default())
}
