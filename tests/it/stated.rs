//! Versions that a lock file should hold and lacks, and the places where versions stand that others take from there.

use sovaudit::catalog::Catalog;
use sovaudit::model::{ComponentId, Inventory};
use sovaudit::scan::{Options, scan_directory};

/// A scan of a folder: only there are the files that others take versions from.
fn scan(files: &[(&str, &str)]) -> Inventory {
    let folder = tempfile::tempdir().expect("makes a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("lies in the folder")).expect("makes folders");
        std::fs::write(path, text).expect("writes");
    }
    scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("reads the folder")
}

fn said(inventory: &Inventory) -> Vec<String> {
    inventory.diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn versions_of_dotnet_that_the_restore_lacks_are_told() {
    let project = |items: &str| format!("<Project>\n<ItemGroup>\n{items}\n</ItemGroup>\n</Project>");
    let central = "<Project><ItemGroup><PackageVersion Include=\"Polly\" Version=\"8.4.1\"/></ItemGroup></Project>";
    let items = "<PackageReference Include=\"Serilog\" Version=\"4.0.0\"/>\n<PackageReference Include=\"Dapper\" \
                 Version=\"2.1.0\"/>\n<PackageReference Include=\"Polly\"/>\n<PackageReference Include=\"Old\" \
                 Version=\"1.0.0\" Condition=\"'$(OS)' == 'x'\"/>\n<PackageDownload Include=\"Tool\" Version=\"[1.0.0]\"/>";
    let lock = r#"{"version": 1, "dependencies": {"net8.0": {"serilog": {"type": "Direct", "resolved": "4.0.0"}}}}"#;
    let assets = r#"{"libraries": {"serilog/4.0.0": {"type": "package"}}, "targets": {}}"#;
    for (name, text) in [("app/packages.lock.json", lock), ("app/obj/project.assets.json", assets)] {
        let found = scan(&[
            ("Directory.Packages.props", central),
            ("app/app.csproj", &project(items)),
            (name, text),
            ("other/other.csproj", &project("<PackageReference Include=\"Polly\"/>")),
            ("app/dotnet-tools.json", r#"{"tools": {"serilog": {"version": "1.0.0"}, "x": {"version": "1.0.0"}}}"#),
        ]);
        let wanted =
            ["`Dapper`", "`Polly`"].map(|package| format!("{package} is asked for here and `{name}` does not hold it"));
        let said = said(&found);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].ends_with(&wanted[0]) && said[0].starts_with("app/app.csproj:4:1: "), "{said:?}");
        assert!(said[1].ends_with(&wanted[1]) && said[1].starts_with("app/app.csproj:5:1: "), "{said:?}");
    }
    let dapper = project("<PackageReference Include=\"Dapper\" Version=\"2.1.0\"/>");
    let of_another = scan(&[("app/app.csproj", &dapper), ("app/packages.other.lock.json", lock)]);
    assert!(said(&of_another).is_empty(), "{:?}", said(&of_another));
}

#[test]
fn modules_of_go_without_a_sum_are_told() {
    let module = "module example.org/app\n\ngo 1.24\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/b v1.0.0\n\t\
                  example.org/c v1.0.0\n\texample.org/d v1.0.0\n\texample.org/e v0.0.0\n)\n\nreplace (\n\texample.org/d => \
                  example.org/fork v1.1.0\n\texample.org/e => ./e\n)\n";
    let sums = "example.org/a v1.0.0 h1:x=\nexample.org/b v1.0.0/go.mod h1:x=\nexample.org/c v0.9.0 h1:x=\n\
                example.org/fork v1.1.0/go.mod h1:x=\n";
    let told = said(&scan(&[("app/go.mod", module), ("app/go.sum", sums)]));
    let lacks = "app/go.mod:8:2: conflict: `example.org/c v1.0.0` is asked for here and `app/go.sum` does not hold it";
    assert!(told.iter().any(|text| text == lacks), "{told:?}");
    assert_eq!(told.iter().filter(|text| text.contains("does not hold it")).count(), 1, "{told:?}");
    let work = ("go.work", "go 1.24\n\nuse ./app\n");
    let told = said(&scan(&[
        ("app/go.mod", module),
        ("app/go.sum", sums),
        work,
        ("go.work.sum", "example.org/c v1.0.0 h1:x=\n"),
    ]));
    assert!(told.iter().all(|text| !text.contains("does not hold it")), "{told:?}");
    let alone = "app/go.mod:6:2: unresolved: no go.sum answers this manifest: 4 required modules are without a sum";
    let own = ("app/e/go.mod", "module example.org/e\n\ngo 1.24\n");
    assert_eq!(said(&scan(&[("app/go.mod", module), own])), [alone]);
    let vendored =
        said(&scan(&[("app/go.mod", module), ("app/vendor/modules.txt", "# example.org/a v1.0.0\nexample.org/a\n")]));
    assert!(vendored.iter().all(|text| !text.contains("go.sum")), "{vendored:?}");
    assert!(said(&scan(&[("go.mod", "module example.org/app\n\ngo 1.24\n")])).is_empty());
}

/// Places at which a package stands, as `file:line:column`.
fn places(inventory: &Inventory, package: &str) -> Vec<String> {
    let known = inventory.known(&ComponentId::new(package));
    let evidence = known.into_iter().flat_map(|known| known.kinds()).flat_map(|(_, evidence)| evidence.iter());
    let mut found: Vec<String> = evidence.filter_map(|one| one.place()).map(|place| place.to_string()).collect();
    // what two scanners see at one place counts once
    found.dedup();
    found
}

#[test]
fn where_a_version_stands_goes_over_to_what_answers() {
    let central = "<Project><ItemGroup>\n<PackageVersion Include=\"Serilog\" Version=\"4.0\"/>\n</ItemGroup></Project>";
    let project = "<Project><ItemGroup>\n<PackageReference Include=\"Serilog\"/>\n</ItemGroup></Project>";
    let lock = r#"{"version": 1, "dependencies": {"net8.0": {"Serilog": {"type": "Direct", "resolved": "4.0.0"}}}}"#;
    let manifests = [("Directory.Packages.props", central), ("a/a.csproj", project), ("b/b.csproj", project)];
    let open = scan(&manifests);
    let all = ["Directory.Packages.props:2:44", "a/a.csproj:2:1", "b/b.csproj:2:1"];
    assert_eq!(places(&open, "pkg:nuget/Serilog@4.0"), all);
    let half = scan(&[manifests.as_slice(), &[("a/packages.lock.json", lock)]].concat());
    assert_eq!(places(&half, "pkg:nuget/Serilog@4.0"), ["Directory.Packages.props:2:44", "b/b.csproj:2:1"]);
    assert_eq!(places(&half, "pkg:nuget/Serilog@4.0.0")[0], "Directory.Packages.props:2:44");
    let whole =
        scan(&[manifests.as_slice(), &[("a/packages.lock.json", lock), ("b/packages.lock.json", lock)]].concat());
    assert!(whole.known(&ComponentId::new("pkg:nuget/Serilog@4.0")).is_none());
    assert_eq!(places(&whole, "pkg:nuget/Serilog@4.0.0").len(), 3);
}

#[test]
fn places_of_properties_catalogs_and_constraints_are_told() {
    let parent = "<project><groupId>g</groupId><artifactId>top</artifactId><version>1</version><packaging>pom</packaging>\n\
                  <properties>\n<asm>9.7</asm>\n</properties>\n<dependencyManagement><dependencies><dependency>\n\
                  <groupId>org.ow2.asm</groupId><artifactId>asm</artifactId>\n<version>${asm}</version>\n\
                  </dependency></dependencies></dependencyManagement></project>";
    let child = "<project><parent><groupId>g</groupId><artifactId>top</artifactId><version>1</version></parent>\n\
                 <artifactId>app</artifactId><dependencies><dependency>\n<groupId>org.ow2.asm</groupId>\n\
                 <artifactId>asm</artifactId></dependency></dependencies></project>";
    let found = scan(&[("pom.xml", parent), ("app/pom.xml", child)]);
    assert_eq!(places(&found, "pkg:maven/org.ow2.asm/asm@9.7"), ["app/pom.xml:4:1", "pom.xml:3:1", "pom.xml:7:1"]);
    let catalog = "[versions]\nguava = \"33.0\"\n\n[libraries]\nguava = { module = \"com.google:guava\", version.ref = \"guava\" }\n";
    let found = scan(&[
        ("gradle/libs.versions.toml", catalog),
        ("app/build.gradle", "dependencies {\n  implementation libs.guava\n}\n"),
    ]);
    let wanted = ["app/build.gradle:2:18", "gradle/libs.versions.toml:2:9", "gradle/libs.versions.toml:5:1"];
    assert_eq!(places(&found, "pkg:maven/com.google/guava@33.0"), wanted);
    let found = scan(&[("requirements.txt", "-c limits.txt\ntorch>=2\n"), ("limits.txt", "\ntorch==2.4.0\n")]);
    assert_eq!(places(&found, "pkg:pypi/torch@2.4.0"), ["limits.txt:2:1", "requirements.txt:2:1"]);
}
