//! Writes all mutants of a source file into it at once, each behind a switch: `if crate::mutant(7) { a != b } else { a == b }`.
//! So a crate is compiled once, and not once for each mutant.

use std::ops::Range;

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::list::{Genre, Mutant};

/// A source file with its mutants in it.
pub(super) struct Instrumented {
    pub(super) text: String,
    pub(super) places: Vec<Place>,
}

/// Where a mutant stands in the text.
pub(super) struct Place {
    pub(super) range: Range<usize>,
    pub(super) mutant: u32,
}

/// What is done at one place.
struct Site {
    range: Range<usize>,
    change: Change,
}

enum Change {
    /// `left OP right`, with other operators.
    Binary {
        left: Range<usize>,
        right: Range<usize>,
        operators: Vec<(u32, String)>,
    },
    /// An operator before an operand is left out.
    Unary { operand: Range<usize>, mutant: u32 },
    /// A function returns at once.
    Return(Vec<(u32, String)>),
    /// A match arm is passed over: what stands between its pattern and its arrow.
    Arm(u32),
    /// The guard of a match arm is always true, or never.
    Guard(Vec<(u32, String)>),
}

impl Instrumented {
    pub(super) fn starting_with(front: &str) -> Self {
        Self {
            text: front.to_owned(),
            places: Vec::new(),
        }
    }

    /// Adds a source with these mutants in it. Those that cannot be switched (in constants, say) get no place.
    pub(super) fn add(&mut self, source: &str, mutants: &[&Mutant]) -> Result<(), String> {
        let file = syn::parse_file(source).map_err(|error| error.to_string())?;
        let mut sites = Sites {
            mutants,
            found: Vec::new(),
            constant: 0,
        };
        sites.visit_file(&file);
        let mut found = sites.found;
        // What is put between comes before what starts there; then outer ones first; of two of the same extent, the guard
        // holds the expression.
        found.sort_by_key(|site| {
            let inner = !matches!(site.change, Change::Guard(_));
            (
                site.range.start,
                !site.range.is_empty(),
                usize::MAX - site.range.end,
                inner,
            )
        });
        let mut writer = Writer {
            source,
            sites: &found,
            out: self,
        };
        writer.range(0..source.len(), 0);
        Ok(())
    }
}

struct Sites<'a> {
    mutants: &'a [&'a Mutant],
    found: Vec<Site>,
    /// How many constant contexts are around: nothing can be switched there.
    constant: usize,
}

impl Sites<'_> {
    fn at(&self, genre: Genre, start: LineColumn) -> Vec<(u32, String)> {
        if self.constant > 0 {
            return Vec::new();
        }
        self.mutants
            .iter()
            .filter(|mutant| {
                mutant.genre == genre && mutant.line == start.line && mutant.column == start.column + 1
            })
            .map(|mutant| (mutant.id, mutant.replacement.clone()))
            .collect()
    }

    fn push(&mut self, range: Range<usize>, change: Change) {
        self.found.push(Site { range, change });
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        // A function that gives some `impl Trait` gives one type alone.
        let opaque = matches!(&signature.output, syn::ReturnType::Type(_, gives) if matches!(**gives, syn::Type::ImplTrait(_)));
        if signature.constness.is_some() || opaque {
            return;
        }
        let mutants = self.at(Genre::FnValue, first.span().start());
        if !mutants.is_empty() {
            let start = first.span().byte_range().start;
            self.push(start..start, Change::Return(mutants));
        }
    }

    fn constant(&mut self, constant: bool, visit: impl FnOnce(&mut Self)) {
        self.constant += usize::from(constant);
        visit(self);
        self.constant -= usize::from(constant);
    }
}

/// Whether an expression is a condition with `let`, which cannot be put in parentheses.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn bytes(span: Span) -> Range<usize> {
    span.byte_range()
}

impl<'ast> Visit<'ast> for Sites<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        self.constant(item.sig.constness.is_some(), |sites| {
            visit::visit_item_fn(sites, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        self.constant(item.sig.constness.is_some(), |sites| {
            visit::visit_impl_item_fn(sites, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(true, |sites| visit::visit_item_const(sites, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.constant(true, |sites| visit::visit_impl_item_const(sites, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(true, |sites| visit::visit_item_static(sites, item));
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.constant(true, |sites| visit::visit_type_array(sites, array));
    }

    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
        self.constant(true, |sites| sites.visit_expr(&repeat.len));
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let operators = self.at(Genre::BinaryOperator, binary.op.span().start());
        if !operators.is_empty() && !has_let(&binary.left) && !has_let(&binary.right) {
            let (left, right) = (bytes(binary.left.span()), bytes(binary.right.span()));
            let change = Change::Binary {
                left,
                right,
                operators,
            };
            self.push(bytes(binary.span()), change);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if let Some((mutant, _)) = self.at(Genre::UnaryOperator, unary.op.span().start()).pop() {
            let operand = bytes(unary.expr.span());
            self.push(bytes(unary.span()), Change::Unary { operand, mutant });
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((mutant, _)) = self.at(Genre::MatchArm, arm.span().start()).pop() {
            let end = bytes(arm.pat.span()).end;
            self.push(end..end, Change::Arm(mutant));
        }
        if let Some((_, guard)) = &arm.guard {
            let mutants = self.at(Genre::MatchArmGuard, guard.span().start());
            if !mutants.is_empty() && !has_let(guard) {
                self.push(bytes(guard.span()), Change::Guard(mutants));
            }
        }
        visit::visit_arm(self, arm);
    }
}

struct Writer<'a> {
    source: &'a str,
    sites: &'a [Site],
    out: &'a mut Instrumented,
}

impl Writer<'_> {
    /// Writes this part of the source with the sites in it, from this one on.
    fn range(&mut self, range: Range<usize>, from: usize) {
        let mut at = range.start;
        for (index, site) in self.sites.iter().enumerate().skip(from) {
            if site.range.start >= at && site.range.end <= range.end {
                self.plain(at..site.range.start);
                self.site(site, index + 1);
                at = site.range.end;
            }
        }
        self.plain(at..range.end);
    }

    fn plain(&mut self, range: Range<usize>) {
        self.out.text.push_str(self.source.get(range).unwrap_or_default());
    }

    fn switch(&mut self, mutant: u32, text: &str) {
        let start = self.out.text.len();
        self.out.text.push_str(text);
        let range = start..self.out.text.len();
        self.out.places.push(Place { range, mutant });
    }

    fn site(&mut self, site: &Site, next: usize) {
        let source = |range: &Range<usize>| self.source.get(range.clone()).unwrap_or_default().to_owned();
        match &site.change {
            Change::Binary {
                left,
                right,
                operators,
            } => {
                let (plain_left, plain_right) = (source(left), source(right));
                self.out.text.push('(');
                for (mutant, operator) in operators {
                    let changed = format!(
                        "if crate::mutant({mutant}) {{ ({plain_left}) {operator} ({plain_right}) }} else "
                    );
                    self.switch(*mutant, &changed);
                }
                self.out.text.push_str("{ (");
                self.range(left.clone(), next);
                self.out.text.push(')');
                self.plain(left.end..right.start);
                self.out.text.push('(');
                self.range(right.clone(), next);
                self.out.text.push_str(") })");
            }
            Change::Unary { operand, mutant } => {
                let plain = source(operand);
                self.out.text.push('(');
                self.switch(
                    *mutant,
                    &format!("if crate::mutant({mutant}) {{ {plain} }} else "),
                );
                self.out.text.push_str("{ ");
                self.plain(site.range.start..operand.start);
                self.range(operand.clone(), next);
                self.out.text.push_str(" })");
            }
            Change::Return(values) => {
                for (mutant, value) in values {
                    self.switch(
                        *mutant,
                        &format!("if crate::mutant({mutant}) {{ return {value}; }} "),
                    );
                }
            }
            Change::Arm(mutant) => self.switch(*mutant, &format!(" if !crate::mutant({mutant}) ")),
            Change::Guard(values) => {
                self.out.text.push('(');
                for (mutant, value) in values {
                    let (not, joint) = if value == "true" { ("", "||") } else { ("!", "&&") };
                    self.switch(*mutant, &format!("{not}crate::mutant({mutant}) {joint} ("));
                }
                self.range(site.range.clone(), next);
                self.out.text.push_str(&")".repeat(values.len() + 1));
            }
        }
    }
}
