//! `dj-codec convert`: the values of a column become values of another codec, in a column of their own.

use clap::Args;
use dj_codec_db::{Conversion, MigratedColumn};
use serde_json::json;

use super::database::{self, DatabaseArgs};
use super::migrate::{document, options, refused};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::session::Session;

/// `convert`.
#[derive(Debug, Args)]
#[command(
    after_help = "The declaration of a table is yours: the SQL that adds the new column is printed, and so is the SQL that puts it in the place of the \
old one afterwards; neither is run. Each value is decoded, encoded by the other codec, decoded again and compared with the old one bit \
for bit; only then, and only where the new column is NULL and the old one still holds that value, it is written. The old column is never \
changed. What cannot be the same value in the other codec stays NULL and is reported. People may work meanwhile, other machines may run the \
same command, and one that was ended goes on where it was.\n\n\
Exit status: 0 all rows are converted, 1 some were left or remain, 2 wrong use, 3 the new column is not there yet: the SQL that adds it is \
printed."
)]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// The column whose values are converted
    #[arg(long, value_name = "F")]
    pub(crate) field: String,
    /// The type that they are to have: '<npy@main>', '<zarr@main>', '<blob@main>'
    #[arg(long, value_name = "SPEC")]
    pub(crate) to: String,
    /// The new column of that type, which need not be there yet
    #[arg(long, value_name = "NEW")]
    pub(crate) into: String,
    /// Says what would be done, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How many rows are worked on at once; as many as the machine has cores otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// Ends after so many rows were converted
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

pub(crate) fn run(args: &ConvertArgs, session: &Session, output: &mut Output) -> Outcome {
    let Some(table) = args.database.table.as_deref() else {
        return Err(Failure::usage("name the table with --table"));
    };
    let cx = database::context(session, output);
    database::wait(async {
        let database = database::connect(&args.database).await?;
        let (schema, registry) = (&args.database.schema, session.registry());
        let conversion = async {
            let column = MigratedColumn::open(&database, schema, table, &args.field, registry, &cx).await?;
            column.conversion(&args.into, &args.to, registry).await
        };
        let done = match conversion.await {
            Ok(conversion) => convert(args, &conversion, output).await,
            Err(error) => Err(refused(error)),
        };
        database.close().await;
        done
    })
}

async fn convert(args: &ConvertArgs, conversion: &Conversion, output: &mut Output) -> Outcome {
    let options = &options(args.workers, args.limit, "converting");
    let migration = conversion.migration();
    let (after, declared) = (conversion.replacement(), conversion.is_declared());
    let sql = json!({
        "add": if declared { Vec::new() } else { conversion.addition() },
        "swap": after.swap,
        "drop": after.drop,
        "definition": after.definition,
    });
    if args.dry_run || !declared {
        let plan = migration.plan(options).await.map_err(refused)?;
        if args.database.json {
            let plan = document(serde_json::to_value(&plan))?;
            output.json(&json!({ "plan": plan, "declared": declared, "sql": sql }))?;
        } else {
            output.text(&plan.to_string())?;
        }
        if declared {
            return Ok(());
        }
        if !args.database.json {
            output.line(&format!(
                "the table has no column {:?} yet; add it, and run this again:",
                args.into
            ))?;
            statements(&conversion.addition(), output)?;
        }
        return Err(Failure::Waiting);
    }
    let begun = migration.begin(options).await.map_err(refused)?;
    let plan = document(serde_json::to_value(begun.plan()))?;
    if !args.database.json {
        output.text(&begun.plan().to_string())?;
        output.finish()?;
    }
    let report = begun.run().await.map_err(|error| Failure::from(&error))?;
    if args.database.json {
        let report = document(serde_json::to_value(&report))?;
        output.json(&json!({ "plan": plan, "report": report, "declared": true, "sql": sql }))?;
    } else {
        output.text(&report.to_string())?;
        if report.is_complete() {
            output.line(&format!(
                "what is written to {0:?} after its value was converted is not in {1:?}: where there is any, set {1:?} to NULL there and run \
                 this again. When nobody writes to {0:?} any more and all is there, put the new column in its place:",
                args.field, args.into
            ))?;
            statements(&after.swap, output)?;
            output.line("the definition of the table in DataJoint says then:")?;
            statements(&[after.definition], output)?;
            output.line("and when nobody needs the old values any more:")?;
            statements(&after.drop, output)?;
        }
    }
    if report.is_complete() || args.limit == Some(report.migrated) {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

fn statements(sql: &[String], output: &mut Output) -> Outcome {
    sql.iter()
        .try_for_each(|statement| output.line(&format!("    {statement}")))
}
