//! Commands that stand within a line, as `dj-codec list --json`: they are not run, but they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::Page;

/// Where the help of a command is known.
#[derive(Debug)]
pub struct Commands {
    root: PathBuf,
    program: PathBuf,
    help: BTreeMap<String, Option<String>>,
    tasks: String,
}

impl Commands {
    /// Of a repository, of the built program `dj-codec`, and of `cargo xtask`, whose list of tasks is given.
    #[must_use]
    pub fn new(root: &Path, program: &Path, tasks: &str) -> Self {
        Self {
            root: root.into(),
            program: program.into(),
            help: BTreeMap::new(),
            tasks: tasks.into(),
        }
    }

    /// The commands of `dj-codec`.
    ///
    /// # Errors
    /// Where the program does not say.
    pub fn names(&self) -> Result<Vec<String>, String> {
        let ran = Command::new(&self.program).arg("--help").output();
        let ran = ran.map_err(|error| format!("{}: {error}", self.program.display()))?;
        let help = String::from_utf8_lossy(&ran.stdout).into_owned();
        let (_, list) = help
            .split_once("Commands:\n")
            .ok_or("the help lists no commands")?;
        // What goes on from the line above stands further to the right.
        let named = |line: &str| {
            let name = line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?;
            name.split(' ').next().map(ToOwned::to_owned)
        };
        Ok(list
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(named)
            .collect())
    }

    /// The options of a command of `dj-codec`, such as `--json`.
    pub fn options(&mut self, command: &str) -> BTreeSet<String> {
        let help = self.help_of(command).unwrap_or_default();
        words(&help)
            .filter(|word| word.starts_with("--") && word.len() > 2)
            .map(ToOwned::to_owned)
            .collect()
    }

    /// The commands within lines of a page that are not there, or not with these options.
    pub fn faults(&mut self, page: &Page) -> Vec<String> {
        let mut faults = Vec::new();
        for (line, span) in &page.spans {
            let words: Vec<&str> = span.split_whitespace().collect();
            let outcome = match words.as_slice() {
                ["dj-codec", command, rest @ ..] => self.program(command, rest),
                ["cargo", "xtask", rest @ ..] => self.task(rest),
                ["cargo", _, "-p", name, ..] => {
                    there(&self.root, &["crates", name]).or(there(&self.root, &[name]))
                }
                ["python3", script, rest @ ..] => self.script(script, rest),
                _ => Ok(()),
            };
            if let Err(why) = outcome {
                faults.push(format!("{}: `{span}`: {why}", page.place(*line)));
            }
        }
        faults
    }

    fn program(&mut self, command: &str, rest: &[&str]) -> Result<(), String> {
        if command.starts_with('-') || command.contains('X') {
            return Ok(());
        }
        let help = self.help_of(command).ok_or("there is no such command")?;
        for option in rest
            .iter()
            .filter_map(|word| word.trim_matches(['[', ']', '(', ')']).strip_prefix("--"))
        {
            let name = option.split(['=', ']', ')']).next().unwrap_or_default();
            let known = words(&help).any(|word| word.strip_prefix("--") == Some(name));
            if !known {
                return Err(format!("the command has no option --{name}"));
            }
        }
        Ok(())
    }

    fn help_of(&mut self, command: &str) -> Option<String> {
        if let Some(known) = self.help.get(command) {
            return known.clone();
        }
        let ran = Command::new(&self.program)
            .args([command, "--help"])
            .output()
            .ok();
        let help = ran
            .filter(|ran| ran.status.success())
            .map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned());
        self.help.insert(command.into(), help.clone());
        help
    }

    /// A script of the repository has the options by name.
    fn script(&self, script: &str, rest: &[&str]) -> Result<(), String> {
        there(&self.root, &[script])?;
        let source = fs::read_to_string(self.root.join(script)).map_err(|error| error.to_string())?;
        let unknown = rest
            .iter()
            .find(|word| word.starts_with("--") && !source.contains(*word));
        unknown.map_or(Ok(()), |option| Err(format!("the script has no option {option}")))
    }

    fn task(&self, words: &[&str]) -> Result<(), String> {
        let Some(task) = words.first().filter(|word| **word != "...") else {
            return Ok(());
        };
        let known = self
            .tasks
            .lines()
            .any(|line| line.trim_start().split(' ').next() == Some(*task));
        if known {
            Ok(())
        } else {
            Err("there is no such task".into())
        }
    }
}

fn there(root: &Path, parts: &[&str]) -> Result<(), String> {
    let path: PathBuf = parts.iter().collect();
    if root.join(&path).exists() {
        Ok(())
    } else {
        Err(format!("there is no {}", path.display()))
    }
}

/// The words of a help text, hyphens included.
fn words(help: &str) -> impl Iterator<Item = &str> {
    help.split(|letter: char| !(letter.is_alphanumeric() || letter == '-'))
}
