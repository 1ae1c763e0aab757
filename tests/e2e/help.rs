//! Help of every command, compared with a snapshot. After a change that is intended,
//! `tests/run --accept` updates the snapshot.

use std::fmt::Write as _;
use std::process::Command;

use vconduit_harness::host::binary;

/// Returns the help of one command, without the environment of this machine.
fn help_of(command: &[String]) -> String {
    let output = Command::new(binary())
        .args(command)
        .arg("--help")
        .env_clear()
        .output()
        .expect("vconduit runs");
    assert!(
        output.status.success(),
        "vconduit {command:?} --help failed: {output:?}"
    );
    String::from_utf8(output.stdout).expect("help is text")
}

/// Returns the commands that a help lists, without `help` itself.
fn listed_in(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Adds the help of a command and of all commands below it.
fn add(all: &mut String, command: &[String]) {
    let help = help_of(command);
    let words = [&["vconduit".to_owned()], command, &["--help".to_owned()]].concat();
    let _ = writeln!(all, "$ {}\n\n{help}", words.join(" "));
    for name in listed_in(&help) {
        add(all, &[command, &[name]].concat());
    }
}

#[test]
fn the_help_of_every_command_is_the_one_agreed_on() {
    let mut all = String::new();
    add(&mut all, &[]);
    assert!(
        all.contains("$ vconduit link push --help"),
        "the commands were not found:\n{all}"
    );
    insta::with_settings!({prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("help", all);
    });
}
