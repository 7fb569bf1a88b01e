# A Request Tracker for tests: everything of its own lies in one folder, and no mail leaves.
my $folder = $ENV{SEATLEDGER_RT_FOLDER};

Set($rtname, 'test');
Set($Organization, 'test.invalid');
Set($WebDomain, '127.0.0.1');
Set($WebPort, $ENV{SEATLEDGER_RT_PORT} || 80);
Set($WebPath, '');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$folder/rt.sqlite");
Set($WebSessionClass, 'Apache::Session::File');
Set($MailCommand, 'testfile');
# Each call hashes its token. By default that takes longer than all else.
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');

# Statuses that an administrator thought of.
Set(%Lifecycles, vendor => {
    initial  => ['fresh'],
    active   => ['working'],
    inactive => ['done'],
    defaults => { on_create => 'fresh' },
    transitions => {
        ''      => ['fresh', 'working', 'done'],
        fresh   => ['working', 'done'],
        working => ['fresh', 'done'],
        done    => ['working'],
    },
    rights  => { '* -> *' => 'ModifyTicket' },
    actions => [],
});

$RT::VarPath = $folder;
$RT::MasonDataDir = "$folder/mason";
$RT::MasonSessionDir = "$folder/sessions";
1;
