//! Every function of `document`, on a vCon with one text dialog.

use crate::report::Report;
use crate::vcon::link::document::{self, Analysis, Attachment, Encoding, OuterForm};

pub fn all(report: &mut Report) {
    whole(report);
    reading(report);
    editing(report);
    tags(report);
    entries(report);
    dialogs(report);
}

fn whole(report: &mut Report) {
    report.line("uuid", document::uuid());
    report.line("exists", document::exists());
    let form = document::form().map(|form| match form {
        OuterForm::Unsigned => "unsigned",
        OuterForm::Signed => "signed",
        OuterForm::Encrypted => "encrypted",
    });
    report.result("form", form);
    let json = document::json().unwrap_or_default();
    let size = document::size_bytes().map(|size| size == json.len() as u64);
    report.result("size-bytes is the length of json", size);
    report.result(
        "egress-json is json",
        document::egress_json().map(|egress| egress == json),
    );
}

fn reading(report: &mut Report) {
    report.option("get", document::get("/dialog/0/body"));
    report.option("get nothing", document::get("/dialog/7"));
    report.option("text", document::text("/dialog/0/body"));
    report.option("length", document::length("/dialog"));
}

fn editing(report: &mut Report) {
    report.done("set", document::set("/subject", r#""set""#));
    report.option("get after set", document::get("/subject"));
    report.done("append", document::append("/x_list", "1"));
    report.done("append again", document::append("/x_list", "2"));
    report.option("get after append", document::get("/x_list"));
    report.result("remove", document::remove("/x_list/0"));
    report.result("remove nothing", document::remove("/x_nothing"));
    let operations = r#"[{"op":"add","path":"/x_patched","value":true}]"#;
    report.done("patch", document::patch(operations));
    let whole = document::json().unwrap_or_default();
    let replaced = whole.replacen('{', r#"{"x_replaced":true,"#, 1);
    report.done("replace", document::replace(&replaced));
    report.option("get after replace", document::get("/x_replaced"));
    report.done("touch", document::touch());
}

fn tags(report: &mut Report) {
    report.result("tags before", document::tags().map(|tags| tags.len()));
    report.done("add-tag", document::add_tag("contract", "0.1.0"));
    report.result("tags", document::tags().map(|tags| tags.join(",")));
}

fn entries(report: &mut Report) {
    let analysis = Analysis {
        kind: "summary".to_owned(),
        dialogs: vec![0],
        vendor: "contract".to_owned(),
        body: r#"{"short":"said hello"}"#.to_owned(),
        encoding: Encoding::Json,
        extra: Some(r#"{"product":"contract 0.1.0"}"#.to_owned()),
    };
    report.result("add-analysis", document::add_analysis(&analysis));
    report.option("find-analysis", document::find_analysis(0, "summary"));
    report.option("find-analysis nothing", document::find_analysis(1, "summary"));
    let attachment = Attachment {
        purpose: "note".to_owned(),
        body: "aGVsbG8".to_owned(),
        encoding: Encoding::Base64url,
        extra: Some(r#"{"mediatype":"text/plain"}"#.to_owned()),
    };
    report.result("add-attachment", document::add_attachment(&attachment));
    report.option("find-attachment", document::find_attachment("note"));
}

fn dialogs(report: &mut Report) {
    report.result("dialog-count", document::dialog_count());
    report.option("dialog-text", document::dialog_text(0));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    report.result("dialog-body", document::dialog_body(0, 1, 3).map(text));
    report.result("dialog-body at its end", document::dialog_body(0, 5, 3).map(text));
}
