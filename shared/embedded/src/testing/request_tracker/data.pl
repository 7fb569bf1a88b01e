# What tests find there: a queue with our fields, our user with no more rights than it needs, and a person.
use strict;
use warnings;

our @Queues = ({ Name => 'Licenses' }, { Name => 'Vendor', Lifecycle => 'vendor' }, { Name => 'Elsewhere' });

our @CustomFields = map {
    { Name => $_, Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket', ApplyTo => ['Licenses', 'Vendor'] }
} qw(seatledger_ref company);

our @Users = map {
    { Name => $_, EmailAddress => "$_\@test.invalid", Privileged => 1 }
} qw(seatledger person powerless);

my @ours = qw(SeeQueue CreateTicket ShowTicket ShowTicketComments CommentOnTicket ModifyTicket
    SeeCustomField SetInitialCustomField);
my @persons = (@ours, qw(ReplyToTicket DeleteTicket ModifyCustomField));
# One whose administrator forgot most of it.
my @few = qw(SeeQueue CreateTicket ShowTicket ShowTicketComments);

our @ACL = (
    map({ { UserId => 'seatledger', Right => $_, Queue => 'Licenses' } } @ours),
    map({ { UserId => 'seatledger', Right => $_, Queue => 'Vendor' } } @ours),
    map({ { UserId => 'person',     Right => $_ } } @persons),
    map({ { UserId => 'powerless',  Right => $_, Queue => 'Licenses' } } @few),
);

our @Final = (sub {
    for my $name (qw(seatledger person powerless)) {
        my $user = RT::User->new(RT->SystemUser);
        $user->Load($name);
        my $token = RT::AuthToken->new(RT->SystemUser);
        my ($id, $message, $text) = $token->Create(Owner => $user->id, Description => 'tests');
        die $message unless $id;
        open my $file, '>', "$ENV{SEATLEDGER_RT_FOLDER}/$name.token" or die $!;
        print $file $text;
        close $file or die $!;
    }
});

1;
