fn main() {
    napi_build::setup();
    // A worker thread that ends makes Node unload the addon; librdkafka's threads would then run in unmapped code.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // Line tables serve profiles and panics of tests; in the addon that users load they would be 60 MB.
        println!("cargo:rustc-cdylib-link-arg=-Wl,--strip-debug");
    }
}
