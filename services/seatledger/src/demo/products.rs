//! Well-known products: who makes them, how they are licensed, and what a seat costs a year, roughly, by the
//! vendors' public price lists.

/// A product of the demo.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) vendor: &'static str,
    pub(super) license_type: &'static str,
    /// The string id that the vendor's own lists and interfaces give it.
    pub(super) sku: Option<&'static str>,
    /// In whole dollars for a seat and a year; for what is bought once, in a year's maintenance.
    pub(super) price: i64,
    pub(super) portal: Option<&'static str>,
    /// Whether it is activated by a key that somebody has to keep.
    pub(super) keyed: bool,
}

const USER: &str = "Subscription";
const DEVICE: &str = "Per-device";
const CORE: &str = "Per-core";
const NAMED: &str = "Per-user";
const CONCURRENT: &str = "Concurrent";
const SITE: &str = "Site";

const fn of(
    name: &'static str,
    vendor: &'static str,
    license_type: &'static str,
    price: i64,
) -> Product {
    Product {
        name,
        vendor,
        license_type,
        sku: None,
        price,
        portal: None,
        keyed: false,
    }
}

impl Product {
    const fn at(mut self, portal: &'static str) -> Self {
        self.portal = Some(portal);
        self
    }

    const fn sku(mut self, sku: &'static str) -> Self {
        self.sku = Some(sku);
        self
    }

    const fn keyed(mut self) -> Self {
        self.keyed = true;
        self
    }
}

const M365: &str = "https://admin.microsoft.com/";
const VLSC: &str = "https://admin.microsoft.com/adminportal/home#/subscriptions/vlnew";
const ADOBE: &str = "https://adminconsole.adobe.com/";
const AUTODESK: &str = "https://manage.autodesk.com/";

macro_rules! products {
    ($($name:ident = $product:expr;)*) => {$(
        pub(super) const $name: Product = $product;
    )*};
}

products! {
    M365_BASIC = of("Microsoft 365 Business Basic", "Microsoft", USER, 72).at(M365).sku("O365_BUSINESS_ESSENTIALS");
    M365_STANDARD = of("Microsoft 365 Business Standard", "Microsoft", USER, 150).at(M365).sku("O365_BUSINESS_PREMIUM");
    M365_PREMIUM = of("Microsoft 365 Business Premium", "Microsoft", USER, 264).at(M365).sku("SPB");
    M365_E3 = of("Microsoft 365 E3", "Microsoft", USER, 432).at(M365).sku("SPE_E3");
    M365_E5 = of("Microsoft 365 E5", "Microsoft", USER, 684).at(M365).sku("SPE_E5");
    EXCHANGE_P1 = of("Exchange Online (Plan 1)", "Microsoft", USER, 48).at(M365).sku("EXCHANGESTANDARD");
    VISIO_P2 = of("Visio Plan 2", "Microsoft", USER, 180).at(M365).sku("VISIOCLIENT");
    PROJECT_P3 = of("Project Plan 3", "Microsoft", USER, 360).at(M365).sku("PROJECTPROFESSIONAL");
    POWER_BI_PRO = of("Power BI Pro", "Microsoft", USER, 168).at(M365).sku("POWER_BI_PRO");
    ENTRA_P1 = of("Microsoft Entra ID P1", "Microsoft", USER, 72).at(M365).sku("AAD_PREMIUM");
    WINDOWS_SERVER = of("Windows Server 2022 Standard", "Microsoft", CORE, 17).at(VLSC).keyed();
    SQL_SERVER = of("SQL Server 2022 Standard", "Microsoft", CORE, 493).at(VLSC).keyed();
    RDS_CAL = of("Remote Desktop Services 2022 User CAL", "Microsoft", NAMED, 45).at(VLSC).keyed();
    OFFICE_LTSC = of("Office LTSC Standard 2021", "Microsoft", DEVICE, 105).at(VLSC).keyed();
    VISUAL_STUDIO = of("Visual Studio Professional", "Microsoft", USER, 540).at(M365);
    CREATIVE_CLOUD = of("Adobe Creative Cloud for teams", "Adobe", USER, 1080).at(ADOBE);
    ACROBAT = of("Adobe Acrobat Pro for teams", "Adobe", USER, 288).at(ADOBE);
    AUTOCAD = of("AutoCAD", "Autodesk", USER, 2030).at(AUTODESK);
    AUTOCAD_LT = of("AutoCAD LT", "Autodesk", USER, 500).at(AUTODESK);
    REVIT = of("Revit", "Autodesk", USER, 3005).at(AUTODESK);
    AEC_COLLECTION = of("AEC Collection", "Autodesk", USER, 3675).at(AUTODESK);
    FUSION = of("Fusion", "Autodesk", USER, 680).at(AUTODESK);
    BLUEBEAM = of("Bluebeam Core", "Bluebeam", USER, 330);
    SKETCHUP = of("SketchUp Pro", "Trimble", USER, 399);
    SOLIDWORKS = of("SOLIDWORKS Standard", "Dassault Systèmes", CONCURRENT, 1295).keyed();
    MATLAB = of("MATLAB", "MathWorks", CONCURRENT, 1050).keyed();
    PRISM = of("GraphPad Prism", "GraphPad", USER, 280);
    ENDNOTE = of("EndNote 21", "Clarivate", NAMED, 0).keyed();
    QUICKBOOKS = of("QuickBooks Enterprise", "Intuit", CONCURRENT, 490).keyed();
    SAGE_50 = of("Sage 50 Premium Accounting", "Sage", CONCURRENT, 320).keyed();
    DATEV = of("DATEV Kanzlei-Rechnungswesen", "DATEV", NAMED, 900);
    CCH_AXCESS = of("CCH Axcess Tax", "Wolters Kluwer", NAMED, 1400);
    CLIO = of("Clio Manage", "Clio", USER, 1068);
    DENTRIX = of("Dentrix", "Henry Schein One", SITE, 5900);
    LOADMASTER = of("LoadMaster", "McLeod Software", SITE, 18_500);
    SILVERWARE = of("Lightspeed Restaurant", "Lightspeed", SITE, 2270);
    SLACK = of("Slack Pro", "Slack", USER, 87).at("https://my.slack.com/admin/billing");
    ZOOM = of("Zoom Workplace Pro", "Zoom", USER, 160).at("https://zoom.us/account");
    DROPBOX = of("Dropbox Standard", "Dropbox", USER, 180).at("https://www.dropbox.com/team/admin");
    JIRA = of("Jira Standard", "Atlassian", USER, 94).at("https://admin.atlassian.com/");
    CONFLUENCE = of("Confluence Standard", "Atlassian", USER, 64).at("https://admin.atlassian.com/");
    GITHUB_TEAM = of("GitHub Team", "GitHub", USER, 48).at("https://github.com/settings/billing");
    JETBRAINS = of("JetBrains All Products Pack", "JetBrains", USER, 979).at("https://account.jetbrains.com/");
    FIGMA = of("Figma Professional", "Figma", USER, 192);
    SALESFORCE = of("Salesforce Pro Suite", "Salesforce", USER, 1200).at("https://login.salesforce.com/");
    HUBSPOT = of("HubSpot Sales Hub Professional", "HubSpot", USER, 1080);
    ZENDESK = of("Zendesk Suite Team", "Zendesk", USER, 660);
    DOCUSIGN = of("Docusign Business Pro", "Docusign", USER, 480);
    ONEPASSWORD = of("1Password Business", "AgileBits", USER, 96).at("https://start.1password.com/");
    KEEPER = of("Keeper Business", "Keeper Security", USER, 45);
    DUO = of("Duo Essentials", "Cisco", USER, 36).at("https://admin.duosecurity.com/");
    KNOWBE4 = of("KnowBe4 Security Awareness Training", "KnowBe4", USER, 30);
    PROOFPOINT = of("Proofpoint Essentials Business", "Proofpoint", USER, 36);
    SENTINELONE = of("SentinelOne Singularity Control", "SentinelOne", DEVICE, 80);
    CROWDSTRIKE = of("CrowdStrike Falcon Go", "CrowdStrike", DEVICE, 60);
    SOPHOS = of("Sophos Intercept X Advanced", "Sophos", DEVICE, 48).at("https://central.sophos.com/");
    HUNTRESS = of("Huntress Managed EDR", "Huntress", DEVICE, 44);
    VEEAM = of("Veeam Data Platform Essentials", "Veeam", DEVICE, 122).keyed();
    ACRONIS = of("Acronis Cyber Protect Standard", "Acronis", DEVICE, 85).keyed();
    FORTIGATE = of("FortiGate 60F UTP bundle", "Fortinet", DEVICE, 690).keyed();
    VSPHERE = of("VMware vSphere Standard", "Broadcom", CORE, 50).keyed();
    TABLEAU = of("Tableau Creator", "Salesforce", USER, 900);
    TEAMVIEWER = of("TeamViewer Corporate", "TeamViewer", CONCURRENT, 830);
    SNAGIT = of("Snagit 2024", "TechSmith", NAMED, 16).keyed();
    WINRAR = of("WinRAR", "win.rar", DEVICE, 0).keyed();
    FILEMAKER = of("FileMaker Pro", "Claris", CONCURRENT, 255).keyed();
    ARCGIS = of("ArcGIS Pro Standard", "Esri", CONCURRENT, 1500).keyed();
    PRTG = of("PRTG Network Monitor 2500", "Paessler", SITE, 6200).keyed();
    NINJAONE = of("NinjaOne Endpoint Management", "NinjaOne", DEVICE, 42);
    CONNECTWISE_PSA = of("ConnectWise PSA", "ConnectWise", NAMED, 900);
    SCREENCONNECT = of("ScreenConnect Access", "ConnectWise", CONCURRENT, 540);
    COPILOT = of("Microsoft 365 Copilot", "Microsoft", USER, 360).at(M365).sku("MICROSOFT_365_COPILOT");
    WINDOWS_E3 = of("Windows 11 Enterprise E3", "Microsoft", USER, 84).at(M365).sku("WIN10_PRO_ENT_SUB");
    WINDOWS_OEM = of("Windows 11 Pro", "Microsoft", DEVICE, 0);
    OFFICE_HOME = of("Office Home & Business 2024", "Microsoft", DEVICE, 0);
    DEFENDER = of("Microsoft Defender for Business", "Microsoft", USER, 36).at(M365);
    FOXIT = of("Foxit PDF Editor+", "Foxit", NAMED, 210);
    CAMTASIA = of("Camtasia 2024", "TechSmith", NAMED, 180);
    CARE = of(super::catalog::BUNDLE, super::MSP_NAME, USER, 118).sku("NW-CARE");
}
