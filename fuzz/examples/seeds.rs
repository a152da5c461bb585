//! Fills `corpus` from the seeds of each target.

use std::path::Path;

fn main() -> std::io::Result<()> {
    for (target, _) in dj_codecs_fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        std::fs::create_dir_all(&folder)?;
        let seeds = dj_codecs_fuzz::seeds::of(target);
        for (number, (name, bytes)) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("{number}_{}", name.replace('/', "_"))), bytes)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
