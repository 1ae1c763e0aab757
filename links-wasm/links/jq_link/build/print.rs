//! Writes a parsed definition as text again, fully parenthesised, and collects the names that it
//! calls.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Opt, Part, Path};

/// A definition as text.
#[derive(Default)]
pub struct Printed {
    pub text: String,
    /// Names that it calls, its own arguments included.
    pub names: Vec<String>,
}

pub fn definition(def: &Def) -> Printed {
    let mut out = Printed::default();
    out.def(def);
    out
}

impl Printed {
    fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn def(&mut self, def: &Def) {
        self.push("def ").push(def.name);
        if !def.args.is_empty() {
            self.push("(").push(&def.args.join(";")).push(")");
        }
        self.push(":").term(&def.body);
        self.push(";");
    }

    fn within(&mut self, term: &Term<&'static str>) -> &mut Self {
        self.push("(").term(term);
        self.push(")")
    }

    fn term(&mut self, term: &Term<&'static str>) {
        match term {
            Term::Id => drop(self.push(".")),
            Term::Recurse => drop(self.push("..")),
            Term::Num(text) | Term::Var(text) => drop(self.push(text)),
            Term::Str(format, parts) => self.string(*format, parts),
            Term::Arr(None) => drop(self.push("[]")),
            Term::Arr(Some(inner)) => {
                self.push("[").term(inner);
                self.push("]");
            }
            Term::Obj(members) => self.object(members),
            Term::Neg(inner) => drop(self.push("(-").within(inner).push(")")),
            Term::BinOp(left, op, right) => self.operation(left, op, right),
            Term::Label(name, inner) => drop(self.push("(label ").push(name).push("|").within(inner).push(")")),
            Term::Break(name) => drop(self.push("(break ").push(name).push(")")),
            Term::Fold(kind, source, pattern, steps) => self.fold(kind, source, pattern, steps),
            Term::TryCatch(inner, catch) => {
                self.push("(try ").within(inner);
                if let Some(catch) = catch {
                    self.push(" catch ").within(catch);
                }
                self.push(")");
            }
            Term::IfThenElse(branches, otherwise) => self.branches(branches, otherwise.as_deref()),
            Term::Def(defs, inner) => {
                self.push("(");
                defs.iter().for_each(|def| self.def(def));
                self.within(inner).push(")");
            }
            Term::Call(name, args) => self.call(name, args),
            Term::Path(head, path) => self.path(head, path),
        }
    }

    fn call(&mut self, name: &str, args: &[Term<&'static str>]) {
        self.names.push(name.to_owned());
        self.push(name);
        self.list(args);
    }

    fn list(&mut self, args: &[Term<&'static str>]) {
        for (at, arg) in args.iter().enumerate() {
            self.push(if at == 0 { "(" } else { ";" }).term(arg);
        }
        if !args.is_empty() {
            self.push(")");
        }
    }

    fn string(&mut self, format: Option<&str>, parts: &[StrPart<&'static str, Term<&'static str>>]) {
        if let Some(format) = format {
            self.names.push(format.to_owned());
            self.push(format).push(" ");
        }
        self.push("\"");
        for part in parts {
            match part {
                StrPart::Str(text) => drop(self.push(text)),
                StrPart::Term(term) => drop(self.push("\\").within(term)),
                StrPart::Char(c) => drop(self.push(&format!("\\u{:04x}", u32::from(*c)))),
            }
        }
        self.push("\"");
    }

    fn object(&mut self, members: &[(Term<&'static str>, Option<Term<&'static str>>)]) {
        self.push("{");
        for (at, (key, value)) in members.iter().enumerate() {
            self.push(if at == 0 { "" } else { "," });
            match value {
                Some(value) => drop(self.within(key).push(":").within(value)),
                None => self.term(key),
            }
        }
        self.push("}");
    }

    fn operation(&mut self, left: &Term<&'static str>, op: &BinaryOp<&'static str>, right: &Term<&'static str>) {
        self.push("(").within(left).push(" ");
        match op {
            BinaryOp::Pipe(None) => drop(self.push("|")),
            BinaryOp::Pipe(Some(pattern)) => {
                self.push("as ").pattern(pattern);
                self.push("|");
            }
            BinaryOp::Comma => drop(self.push(",")),
            BinaryOp::Alt => drop(self.push("//")),
            BinaryOp::Or => drop(self.push("or")),
            BinaryOp::And => drop(self.push("and")),
            BinaryOp::Math(math) => drop(self.push(math.as_str())),
            BinaryOp::Cmp(cmp) => drop(self.push(cmp.as_str())),
            BinaryOp::Assign => drop(self.push("=")),
            BinaryOp::Update => drop(self.push("|=")),
            BinaryOp::UpdateMath(math) => drop(self.push(math.as_str()).push("=")),
            BinaryOp::UpdateAlt => drop(self.push("//=")),
        }
        self.push(" ").within(right).push(")");
    }

    fn pattern(&mut self, pattern: &Pattern<&'static str>) {
        match pattern {
            Pattern::Var(name) => drop(self.push(name)),
            Pattern::Arr(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.push(if at == 0 { "[" } else { "," }).pattern(item);
                }
                self.push("]");
            }
            Pattern::Obj(members) => {
                for (at, (key, value)) in members.iter().enumerate() {
                    self.push(if at == 0 { "{" } else { "," })
                        .within(key)
                        .push(":")
                        .pattern(value);
                }
                self.push("}");
            }
        }
    }

    fn fold(
        &mut self,
        kind: &str,
        source: &Term<&'static str>,
        pattern: &Pattern<&'static str>,
        steps: &[Term<&'static str>],
    ) {
        self.push("(")
            .push(kind)
            .push(" ")
            .within(source)
            .push(" as ")
            .pattern(pattern);
        self.list(steps);
        self.push(")");
    }

    fn branches(
        &mut self,
        branches: &[(Term<&'static str>, Term<&'static str>)],
        otherwise: Option<&Term<&'static str>>,
    ) {
        for (at, (condition, then)) in branches.iter().enumerate() {
            self.push(if at == 0 { "(if " } else { " elif " })
                .within(condition)
                .push(" then ")
                .within(then);
        }
        if let Some(otherwise) = otherwise {
            self.push(" else ").within(otherwise);
        }
        self.push(" end)");
    }

    fn path(&mut self, head: &Term<&'static str>, path: &Path<Term<&'static str>>) {
        match head {
            Term::Id => self.push("."),
            other => self.within(other),
        };
        for (part, opt) in &path.0 {
            self.push("[");
            match part {
                Part::Index(index) => self.term(index),
                Part::Range(from, to) => {
                    from.iter().for_each(|from| self.term(from));
                    self.push(if from.is_some() || to.is_some() { ":" } else { "" });
                    to.iter().for_each(|to| self.term(to));
                }
            }
            self.push("]").push(if matches!(opt, Opt::Optional) { "?" } else { "" });
        }
    }
}
