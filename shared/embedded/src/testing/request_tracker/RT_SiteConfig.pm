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
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');

$RT::VarPath = $folder;
$RT::MasonDataDir = "$folder/mason";
$RT::MasonSessionDir = "$folder/sessions";
1;
