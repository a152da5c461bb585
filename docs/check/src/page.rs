//! A page: its blocks, headings, links and code within lines.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::block::{Block, Kind, When};

/// A link of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its line, from 1.
    pub line: usize,
    /// Where it leads.
    pub target: String,
    /// Its text, without marks.
    pub text: String,
}

/// A page of the documentation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its path in the repository.
    pub path: PathBuf,
    /// Its code blocks in order, those in comments too.
    pub blocks: Vec<Block>,
    /// The anchors of its headings, as GitHub makes them.
    pub anchors: Vec<String>,
    /// Its links.
    pub links: Vec<Link>,
    /// Code within lines: line and text.
    pub spans: Vec<(usize, String)>,
    /// What is wrong with its blocks.
    pub faults: Vec<String>,
}

impl Page {
    /// Reads a page of the repository.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(root: &Path, path: &Path) -> Result<Self, String> {
        let text =
            fs::read_to_string(root.join(path)).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::parse(path, &text))
    }

    /// Reads the text of a page.
    #[must_use]
    pub fn parse(path: &Path, text: &str) -> Self {
        let mut page = Self {
            path: path.into(),
            ..Self::default()
        };
        let mut gathered: Option<String> = None;
        let mut in_link = false;
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            let line = 1 + text
                .get(..range.start)
                .map_or(0, |before| before.matches('\n').count());
            if let (true, Event::Text(piece) | Event::Code(piece), Some(link)) =
                (in_link, &event, page.links.last_mut())
            {
                link.text.push_str(piece);
            }
            match event {
                Event::Start(Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::HtmlBlock) => {
                    gathered = Some(String::new());
                }
                Event::Text(piece) | Event::Html(piece) => gather(&mut gathered, &piece),
                Event::Code(piece) => {
                    gather(&mut gathered, &piece);
                    page.spans.push((line, piece.into_string()));
                }
                Event::SoftBreak => gather(&mut gathered, " "),
                Event::End(TagEnd::CodeBlock) => {
                    let fence = text
                        .get(range)
                        .and_then(|block| block.lines().next())
                        .unwrap_or_default();
                    page.add_block(line, fence, gathered.take().unwrap_or_default());
                }
                Event::End(TagEnd::Heading(_)) => page.add_anchor(&gathered.take().unwrap_or_default()),
                Event::End(TagEnd::HtmlBlock) => page.add_comment(line, &gathered.take().unwrap_or_default()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(Link {
                        line,
                        target: dest_url.into_string(),
                        text: String::new(),
                    });
                    in_link = true;
                }
                Event::End(TagEnd::Link | TagEnd::Image) => in_link = false,
                _ => {}
            }
        }
        page
    }

    /// Whether it has commands that are run then.
    #[must_use]
    pub fn has(&self, when: When) -> bool {
        let then = |block: &Block| matches!(block.kind, Kind::Shell { when: then, .. } if then == when);
        self.blocks.iter().any(then)
    }

    /// Says where something is.
    #[must_use]
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }

    fn add_block(&mut self, line: usize, fence: &str, text: String) {
        let Some(words) = fence.trim_start().strip_prefix("```") else {
            self.fault(line, "code is fenced by three backticks, not indented");
            return;
        };
        let before = self.blocks.last().map(|block| &block.kind);
        match Kind::of_fence(words.trim(), before) {
            Ok(kind) => self.blocks.push(Block { line, kind, text }),
            Err(why) => self.fault(line, &why),
        }
    }

    /// `<!-- setup`, then commands that the reader does not see: they make what the page takes for granted.
    fn add_comment(&mut self, line: usize, html: &str) {
        let Some((words, commands)) = html
            .trim()
            .strip_prefix("<!-- setup")
            .and_then(|comment| comment.strip_suffix("-->"))
            .and_then(|comment| comment.split_once('\n'))
        else {
            return;
        };
        let words: Vec<&str> = words.split_whitespace().collect();
        match Kind::shell(&words, true) {
            Ok(kind) => self.blocks.push(Block {
                line,
                kind,
                text: commands.into(),
            }),
            Err(why) => self.fault(line, &why),
        }
    }

    /// Lower case, blanks as hyphens, no punctuation, numbered where it is there already.
    fn add_anchor(&mut self, heading: &str) {
        let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        let name = heading
            .to_lowercase()
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-");
        let numbered = (1..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone())
            .chain(numbered)
            .find(|anchor| !self.anchors.contains(anchor));
        self.anchors.extend(free);
    }

    fn fault(&mut self, line: usize, what: &str) {
        let place = self.place(line);
        self.faults.push(format!("{place}: {what}"));
    }
}

fn gather(gathered: &mut Option<String>, piece: &str) {
    if let Some(text) = gathered {
        text.push_str(piece);
    }
}
