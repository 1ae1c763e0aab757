//! One strict pass over JSON text.
//!
//! Guarantee: text that passes is JSON (RFC 8259) in which no object has a member name twice, no
//! number is beyond the range of a double, no string has a lone surrogate, and there are at most
//! [`MAX_DEPTH`] levels. The stack is bounded for every text.
//!
//! Not `serde_json::Value`: it keeps values, not bytes. Number texts, escapes and duplicate names
//! are lost in it.

use std::borrow::Cow;
use std::collections::HashSet;

mod tokens;

/// Maximum nesting of arrays and objects that is accepted, in levels. `serde_json` has the same
/// limit. Real vCons have fewer than 12.
pub const MAX_DEPTH: usize = 128;

/// In objects with more members than this, names are compared through a hash set. In smaller ones,
/// comparing them one by one is faster.
const FEW_NAMES: usize = 16;

/// A fault in a JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// The byte offset of the fault.
    pub at: usize,
    /// The rule that is broken there.
    pub what: Cow<'static, str>,
}

impl SyntaxError {
    /// Returns line and column of the fault in its text. Both count from 1, columns in characters.
    fn line_and_column(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// Returns a message with line and column.
    pub(crate) fn describe(&self, text: &str) -> String {
        let (line, column) = self.line_and_column(text);
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

/// A position in a JSON text that moves forward value by value.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    deepest: usize,
    /// The member names of the objects that are open. None if names are not compared.
    names: Option<Vec<Cow<'a, str>>>,
}

impl<'a> Scanner<'a> {
    /// Makes a scanner that checks everything.
    pub(super) fn strict(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            deepest: 0,
            names: Some(Vec::new()),
        }
    }

    /// Makes a scanner for text that passed before. It does not compare names.
    pub(super) fn again(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            deepest: 0,
            names: None,
        }
    }

    /// Returns the position as a byte offset.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Returns the number of levels of the deepest value so far.
    pub(super) fn deepest(&self) -> usize {
        self.deepest
    }

    /// Returns the next byte without moving.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Moves past white space.
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Returns an error at the position.
    pub(super) fn fail<T>(&self, what: impl Into<Cow<'static, str>>) -> Scan<T> {
        Err(SyntaxError {
            at: self.at,
            what: what.into(),
        })
    }

    /// Checks that nothing but white space follows.
    pub(super) fn end(&mut self) -> Scan<()> {
        self.space();
        if self.peek().is_some() {
            self.fail("text after the value")
        } else {
            Ok(())
        }
    }

    /// Moves past one value that is inside `depth` levels.
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

    /// Moves past an object. `member` is called with each name (its span includes the quotes), and
    /// has to move past the value.
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

    /// Moves past an array. `element` is called at each element, and has to move past it.
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

/// Returns the string that a JSON text (quotes included) stands for. The text has to have passed a
/// strict scan.
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
