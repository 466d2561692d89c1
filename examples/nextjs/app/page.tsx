import { Dashboard } from '@/components/dashboard';
import { SignIn } from '@/components/sign-in';
import { currentUser } from '@/lib/session';

export default async function Page() {
  const user = await currentUser();
  return user ? <Dashboard user={user} /> : <SignIn />;
}
