#![no_main]

libfuzzer_sys::fuzz_target!(init: dj_codecs_fuzz::on_one_thread(), |data: &[u8]| dj_codecs_fuzz::blob_typed::run(data));
